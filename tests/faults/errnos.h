#ifndef TESTS_FAULTS_ERRNOS_H
#define TESTS_FAULTS_ERRNOS_H

#include "tests/faults/calls.h"

/* A way in which a call may fail, by its manual page. */
struct fault_way {
    int error;    /* 0: it moves one byte or message in place of all */
    bool is_done; /* it is made, and then told to have failed */
};

/* The ways of a call, ended by an error of -1; NULL if nobody has looked them up. */
const struct fault_way *fault_ways(enum fault_call call);

#endif
