#ifndef STORY_PEERS_OUTBOX_H
#define STORY_PEERS_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>

/* What is still to be sent on a connection; a zeroed one is empty. Whoever adds to it bounds it. */
struct outbox {
    unsigned char *bytes; /* NULL while it is empty */
    size_t size;
    size_t sent;
    bool drips;  /* is sent a byte at a time, by outbox_send(.., 1) */
    bool closes; /* the sending half is closed after the last byte */
};

void outbox_add(struct outbox *outbox, const void *bytes, size_t size);

/* Sends what the socket takes, `most` bytes at most; false after an error. */
bool outbox_send(struct outbox *outbox, int socket, size_t most);

bool outbox_is_empty(const struct outbox *outbox);

void outbox_free(struct outbox *outbox);

#endif
