#ifndef TESTS_FAULTS_VECTORS_H
#define TESTS_FAULTS_VECTORS_H

#include <limits.h>

#include "tests/faults/engine.h"

/* A call that moves pieces: all of them, or those of `fewer` that are as many bytes as it is to move. */
struct fault_pieces {
    struct fault_verdict verdict;
    const struct iovec *pieces;
    size_t count;
};

struct fault_pieces fault_pieces_of(enum fault_call call, const struct iovec *pieces, size_t count,
                                    struct iovec fewer[IOV_MAX]);

/* What the caller is told of a call that gave `result`. */
ssize_t fault_pieces_told(const struct fault_pieces *moved, ssize_t result);

#endif
