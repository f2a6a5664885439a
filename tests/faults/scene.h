#ifndef TESTS_FAULTS_SCENE_H
#define TESTS_FAULTS_SCENE_H

/*
 * What scenarios are made of. A scenario is a small life of a few objects of the library that ends with all of them
 * closed. It runs in a process of its own, with a fault and then without.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reactor/clock.h"
#include "reactor/poll.h"
#include "tests/faults/calls.h"

struct scenario {
    const char *name;
    void (*run)(void);
};

/* Ended by a NULL name. */
extern const struct scenario scenarios_of_reactor[], scenarios_of_waiting[], scenarios_of_streams[],
    scenarios_of_datagrams[], scenarios_of_adoption[];

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* Ends the process with the word that the promise was broken. */
_Noreturn void scene_fail(const char *file, int line, const char *promise);

#define REQUIRE(condition) ((condition) ? (void)0 : scene_fail(__FILE__, __LINE__, #condition))

/*
 * Makes a call that the fault, if it comes about in it, may spoil: it then says so by the fault's own errno, or does not
 * show it, and the next try passes. The result of that is `scene_result`.
 */
#define TRY(call)                                                                                            \
    do {                                                                                                     \
    } while (scene_fails((call), __FILE__, __LINE__, #call))

/* The same of a call that leaves the object as it is unless it succeeds. */
#define TRY_OUT(call, object)                                                                                \
    do                                                                                                       \
        scene_keep(&(object), sizeof(object));                                                               \
    while (scene_fails((call), __FILE__, __LINE__, #call))

/* Makes a call that is to fail with that error, and may fail as the fault says before. */
#define EXPECT(error, call)                                                                                  \
    do {                                                                                                     \
    } while (scene_fails_otherwise((call), (error), __FILE__, __LINE__, #call))

extern _Thread_local ptrdiff_t scene_result;

void scene_keep(const void *object, size_t size);
bool scene_fails(ptrdiff_t result, const char *file, int line, const char *call);
bool scene_fails_otherwise(ptrdiff_t result, int error, const char *file, int line, const char *call);

/* Whether a call of this run has told the fault. */
bool scene_is_spoiled(void);
bool scene_is_spoiled_by(enum fault_call call);

/* Before a run, and after it: what was taken was given back. */
void scene_begin(void);
void scene_end(void);

/* ---- what most have ---- */

extern rdy_poll *scene_poll;
extern rdy_registry *scene_registry;

void scene_open_poll(void);
void scene_close_poll(void);

/* Two connected sockets, of which the first is a source. */
void scene_open_pair(int ends[2], rdy_source *source);

/* Registers, with nobody else's help if it fails once. */
void scene_watch(rdy_source *source, rdy_token token, rdy_interest interest);

/* Waits for an event of that token, below 16, and returns its flags; what others told is kept for them. */
uint32_t scene_await(rdy_token token);

/* More than any event takes. */
#define PATIENCE (10 * RDY_SECOND)

/* No event is there. */
void scene_await_nothing(void);

/* Reads or writes all of the bytes, again at once after whatever the fault did. */
void scene_write(rdy_source *stream, const void *bytes, size_t size);
void scene_read(rdy_source *stream, void *bytes, size_t size);

#endif
