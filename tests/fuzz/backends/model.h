#ifndef TESTS_FUZZ_BACKENDS_MODEL_H
#define TESTS_FUZZ_BACKENDS_MODEL_H

/*
 * What is known of the ends of a few pairs without asking any backend: what waits to be read, who has closed or shut
 * what, who is registered where. One model stands for the ends of every backend, for the same is done to all of them;
 * only what each has told already is kept for each (struct side in fuzz_backends.c).
 */

#include "reactor/event.h"
#include "tests/fuzz/backends/twins.h"

enum { PAIRS = 3, ENDS = 2 * PAIRS, POLLS = 2 };

#define BOTH (RDY_READABLE | RDY_WRITABLE)

struct known {
    enum kind kind;
    bool is_open;
    bool shut_read, shut_write; /* by ourselves */
    bool is_doomed;             /* TCP: it wrote to a peer that was gone, so that it is reset */
    int writes;                 /* so far */
    size_t waiting;             /* to be read: bytes, or datagrams */
    int poll;                   /* where it is registered; -1: nowhere */
    rdy_token token;            /* of no other registration */
    rdy_interest interest;
    uint32_t shown; /* which of the closed flags this registration has to add for what we shut ourselves */
};

extern struct known ends[ENDS];

/* ---- changes ---- */

void model_reset(void);
void model_open(int pair, enum kind kind);
void model_close(int end);
void model_read(int end, ptrdiff_t result);
void model_wrote(int end, ptrdiff_t result);
void model_shut(int end, int how);
void model_register(int end, int poll, rdy_token token, rdy_interest interest);
void model_end_registrations(int poll);

/* ---- questions ---- */

static inline int peer_of(int end)
{
    return end ^ 1;
}

static inline bool is_edge(const struct known *known)
{
    return (known->interest & (RDY_LEVEL | RDY_ONESHOT)) == 0;
}

/* Whether nothing more will arrive; and whether nothing that is written is taken any more. */
bool has_no_writer(int end);
bool has_no_reader(int end);

/*
 * What holds of an end whose poll(2) says `bits`. Readable is known from the model, but for TCP; writable from the bits
 * alone, as how much a kernel takes is its own business.
 *     told     what every backend has to tell: a read or a write does not block
 *     allowed  what it may tell; HUP alone says that writing is over, and not every kernel call wakes for it
 */
struct levels {
    uint32_t told;
    uint32_t allowed;
};

struct levels levels_of(int end, uint32_t bits);

/* The result that a read has to have: a count, -EAGAIN; 0 stands for the end or any error. -1 if anything may come. */
bool is_right_read(int end, size_t size, ptrdiff_t result);

/* The results that these calls have to have. */
int right_register(int end, rdy_interest interest);
int right_reregister(int end, int poll, rdy_interest interest);
int right_deregister(int end, int poll);

/* Whether the flags of an event of this end are sound: none that is not so, and none missing. */
bool are_sound(int end, uint32_t bits, uint32_t flags, uint32_t told);

#endif
