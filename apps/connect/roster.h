#ifndef RDY_APPS_CONNECT_ROSTER_H
#define RDY_APPS_CONNECT_ROSTER_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Which peers are decided, and in which order they are told: as they were decided, or in the order of input, each
 * as soon as all before it are decided.
 */
struct roster {
    size_t *order; /* the places of the peers that are decided, in that order */
    bool *is_decided;
    size_t count;   /* of all peers */
    size_t decided; /* of those */
    size_t told;
    bool is_ordered; /* tell them in the order of input */
    bool is_over;    /* no more will be decided */
};

/* 0, or -ENOMEM. Free it in both cases. */
int roster_alloc(struct roster *roster, size_t count, bool is_ordered);

/* Notes that the peer at this place is decided: once for each. */
void roster_note(struct roster *roster, size_t place);

/* The place of the next peer to tell of, true; false if there is none for now. After roster_end any of the rest. */
bool roster_next(struct roster *roster, size_t *place);

/* No more will be decided: roster_next goes on over all that are left, decided or not. */
void roster_end(struct roster *roster);

/*
 * After roster_end all peers, at `position` 0 to count - 1: with is_ordered as in the input, else the decided ones in
 * their order and then the others in that of the input.
 */
size_t roster_at(const struct roster *roster, size_t position);

void roster_free(struct roster *roster);

#endif
