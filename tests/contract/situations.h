#ifndef TESTS_CONTRACT_SITUATIONS_H
#define TESTS_CONTRACT_SITUATIONS_H

/* What can happen to the watched end of a pair, and what every backend has to say of it: promise 3. */

#include "reactor/event.h"
#include "tests/contract/pairs.h"

/* What the contract leaves open in a situation. */
enum leeway {
    EXACT,
    /*
     * The kernel reports a hang-up or an error alone, without saying which direction it concerns: a flag that
     * was not asked for may ride along.
     */
    UNASKED_MAY_RIDE,
    /* None: shutdowns that the library made show as closed too, in each direction that was asked for. */
    CLOSED_TOO,
};

struct situation {
    const struct kind *kind;
    const char *name;
    void (*arrange)(struct pair *pair);
    uint32_t told; /* the guaranteed flags, when all was asked for */
    enum leeway leeway;
};

/* One table for every backend. */
extern const struct situation situations[];
extern const int situation_count;

/* The flags that are guaranteed to who asked so, and which of all flags are guaranteed to be set or not to be. */
uint32_t expected_flags(const struct situation *situation, rdy_interest interest);
uint32_t guaranteed_flags(const struct situation *situation, rdy_interest interest);

/* A byte out of band behind a few others. */
void urgent_data_arrives(struct pair *pair);

#endif
