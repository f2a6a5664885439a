#ifndef RDY_APPS_COMMON_PRIVILEGES_H
#define RDY_APPS_COMMON_PRIVILEGES_H

#include <sys/types.h>

/* Rights that a program gives up for good. */

enum { LOGIN_SIZE = 256 };

/* Whom a program that was started by root becomes. */
typedef struct run_as {
    uid_t user;
    gid_t group;
    char login[LOGIN_SIZE]; /* whose other groups it gets too; empty: none but `group` */
} run_as;

/*
 * "NAME" (with all groups of that user) or "NAME:GROUP" (with that group alone), numbers too, as the functions of
 * option.h. That somebody else than root asks is reported likewise, and that root itself is asked for, or its group. An
 * error other than -EINVAL is the system's.
 */
int option_run_as(const char *option, const char *text, run_as *out);

/*
 * Becomes that user, and cannot go back. Before other threads are started: only some C libraries (glibc and musl among
 * them) would change those too. 0 or a negative errno, after which the process is not to go on: some may be changed.
 */
int privileges_drop(const run_as *who);

/* From here on this thread and those it starts get no rights by execve(2): Linux's no_new_privs, elsewhere nothing. */
void privileges_refuse_more(void);

#endif
