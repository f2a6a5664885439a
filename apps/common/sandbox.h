#ifndef RDY_APPS_COMMON_SANDBOX_H
#define RDY_APPS_COMMON_SANDBOX_H

/* What a server has left to do once it listens; the rest it gives up for good. */

/* Beside what it does with descriptors, memory, time and signals of its own. */
enum sandbox_needs {
    SANDBOX_THREADS = 1,      /* it starts some */
    SANDBOX_REMOVE_FILES = 2, /* it looks at files by their names and unlinks them */
};

/* By what: "seccomp" or "pledge"; NULL if this program was built without. */
const char *sandbox_name(void);

/*
 * From here on every thread of the process can accept, read, write, wait and close, and do what `needs` says, and no
 * more: it opens, connects and starts nothing. 0 or a negative errno, -ENOTSUP where there is no sandbox.
 */
int sandbox_enter(unsigned needs);

#endif
