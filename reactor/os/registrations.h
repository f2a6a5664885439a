#ifndef RDY_REACTOR_OS_REGISTRATIONS_H
#define RDY_REACTOR_OS_REGISTRATIONS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "reactor/interest.h"
#include "reactor/token.h"

/* What is known of a descriptor that is registered; a zeroed one is not. */
struct rdy_registration {
    rdy_token token;
    rdy_interest interest;
    rdy_interest armed;  /* the conditions that are to be reported; the trigger says what disarms them */
    uint64_t generation; /* above that of every earlier registration or change; 0 for none */
    int slot;            /* kqueue: where in the present batch its event is */
    uint64_t batch;      /* kqueue: which batch that is */
    dev_t device;        /* which file it was, to notice a descriptor that was closed and used again */
    ino_t inode;
};

/*
 * Registrations by descriptor, for mechanisms that do not keep the token or cannot tell twice from once.
 * Zeroed, it is empty. The caller locks.
 */
struct rdy_registrations {
    struct rdy_registration *entries;
    int size;
    int end; /* above the highest descriptor that is registered */
    uint64_t generation;
};

/*
 * All of these say -ENOMEM, or what else fstat(2) says, if the system does not tell of which file the descriptor is:
 * nothing has changed then.
 */

/*
 * 0, -EEXIST, -ENOMEM, -EBADF if the descriptor is not open, or -EPERM for what is never "not ready" and
 * epoll(7) therefore refuses: regular files, directories, block devices.
 */
int rdy_registrations_add(struct rdy_registrations *table, int fd, rdy_token token, rdy_interest interest);

/* The registration, or NULL. Valid until the table is changed. */
struct rdy_registration *rdy_registrations_find(const struct rdy_registrations *table, int fd);

/* 0, -EBADF if the descriptor was closed behind our back, -ENOENT if it is another file's by now. */
int rdy_registrations_check(const struct rdy_registration *entry, int fd);

/*
 * Gives the registration a new token and interest, all of it armed, and a new generation. 0; -ENOENT if there is
 * none or it was another file's, and then it is gone; -EBADF if the descriptor was closed before.
 */
int rdy_registrations_change(struct rdy_registrations *table, int fd, rdy_token token, rdy_interest interest);

/*
 * 0; -ENOENT if there is none or it was another file's; -EBADF if the descriptor was closed before: the
 * registration is gone in each case, as epoll_ctl(2) would have it. What the system cannot look at for want of memory is
 * taken for the same file: removing needs nothing, so it never fails for a lack.
 */
int rdy_registrations_remove(struct rdy_registrations *table, int fd);

/* Takes off what is there, and asks the system nothing. */
void rdy_registrations_drop(struct rdy_registrations *table, struct rdy_registration *entry);

void rdy_registrations_free(struct rdy_registrations *table);

#endif
