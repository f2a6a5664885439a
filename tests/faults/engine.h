#ifndef TESTS_FAULTS_ENGINE_H
#define TESTS_FAULTS_ENGINE_H

/*
 * One fault at a time, in calls that the stand-ins of calls.h make. Any thread may make them; one at a time sets faults.
 * What tests call by themselves is real and not counted.
 */

#include <stdbool.h>
#include <stddef.h>

#include "tests/faults/calls.h"

struct fault {
    enum fault_call call;
    unsigned long nth; /* the first is 1 */
    bool lasts;        /* those behind the nth too */
    int error;         /* an errno; 0: it moves less, `most` bytes or messages */
    size_t most;
    bool is_done; /* the call is made, and then told to have failed */
};

/* From now on; calls are counted from 0. NULL only counts. */
void fault_begin(const struct fault *fault);

/* No fault from now on. The counts stay. */
void fault_end(void);

/* From now on the call always fails so, as if the kernel had none; it is not counted. */
void fault_forbid(enum fault_call call, int error);

/* How often the fault of the last fault_begin came about. */
unsigned long fault_fired(void);

/* How often the call was made since then. */
unsigned long fault_count(enum fault_call call);

/* What was allocated and not freed yet since the program began, by blocks and by bytes. */
long fault_live_blocks(void);
long fault_live_bytes(void);

/* What was mapped and not unmapped yet. */
long fault_live_mappings(void);

/* The name of a call; the call of a name, FAULT_CALLS if there is none. */
const char *fault_call_name(enum fault_call call);
enum fault_call fault_call_find(const char *name);

/* Has `tell` called after the first time that the fault came about; it must make no call through a stand-in. */
void fault_tell(void (*tell)(void));

/* ---- for the stand-ins ---- */

/* What is to become of a call. */
struct fault_verdict {
    int error;     /* it fails so */
    bool is_made;  /* it is made, also if it fails then */
    bool is_short; /* it moves `most` */
    size_t most;
};

/* Counts the call and says what is to become of it. */
struct fault_verdict fault_judge(enum fault_call call);

#endif
