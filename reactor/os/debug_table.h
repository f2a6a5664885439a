#ifndef RDY_REACTOR_OS_DEBUG_TABLE_H
#define RDY_REACTOR_OS_DEBUG_TABLE_H

#include <stdbool.h>
#include <sys/types.h>

#include "reactor/interest.h"
#include "reactor/token.h"

/* What the debug mode found out about a registration. */
enum {
    RDY_DEBUG_OWES_READ = 1, /* an edge was told, and no read has found its end */
    RDY_DEBUG_OWES_END = 2,  /* that edge told of a close or an error: a short read is not the last one */
    RDY_DEBUG_DEFERRED = 4,  /* the program has said that it will read on */
    RDY_DEBUG_TOLD = 8,      /* an undrained edge was reported */
    RDY_DEBUG_LOST = 16,     /* its descriptor was closed or became another file's, and that was reported */
};

/*
 * A registration. Its address is the token that the backend below is given, so records are never changed in that respect:
 * a change of token or interest makes another one.
 */
struct rdy_debug_record {
    rdy_token token;
    rdy_interest interest;
    unsigned marks;
    int fd;
    dev_t device; /* all anonymous inodes (eventfd(2), epoll(7)) are the same file to it */
    ino_t inode;
    struct rdy_debug_record *next;
};

/* Records by descriptor. Zeroed, it is empty. The caller locks. */
struct rdy_debug_table {
    struct rdy_debug_record **records;
    int size;
    int count;
    int retired_count;
    struct rdy_debug_record *retired; /* a wait that is under way may still bring their events */
    struct rdy_debug_record
        *orphans; /* so may any wait: a duplicate of the descriptor can keep the file open */
};

/* A record for which the table has room and that it does not hold yet. 0, -EBADF or -ENOMEM. */
int rdy_debug_table_make(struct rdy_debug_table *table, int fd, rdy_token token, rdy_interest interest,
                         struct rdy_debug_record **record);

/* Holds the record in place of the one that it has for this descriptor, which is returned, or NULL. */
struct rdy_debug_record *rdy_debug_table_put(struct rdy_debug_table *table, struct rdy_debug_record *record);

/* The record of the descriptor, or NULL. */
struct rdy_debug_record *rdy_debug_table_find(const struct rdy_debug_table *table, int fd);

/* Takes the record of the descriptor out and returns it, or NULL. */
struct rdy_debug_record *rdy_debug_table_take(struct rdy_debug_table *table, int fd);

/* Ends a record that is out of the table, NULL is fine. How many are retired by now. */
int rdy_debug_table_retire(struct rdy_debug_table *table, struct rdy_debug_record *record);
void rdy_debug_table_orphan(struct rdy_debug_table *table, struct rdy_debug_record *record);

/* No wait is under way: frees the retired ones. */
void rdy_debug_table_sweep(struct rdy_debug_table *table);

void rdy_debug_table_free(struct rdy_debug_table *table);

/* 0 while the descriptor is of the file it was, -EBADF if it was closed, -ENOENT if it is of another one. */
int rdy_debug_record_check(const struct rdy_debug_record *record);

#endif
