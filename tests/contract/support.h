#ifndef TESTS_CONTRACT_SUPPORT_H
#define TESTS_CONTRACT_SUPPORT_H

/*
 * What the contract suites share. Each suite runs once for every backend: the environment variable
 * RDY_BACKEND chooses it, and no test here knows which one it is.
 */

#include <check.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "reactor/clock.h"
#include "reactor/poll.h"
#include "tests/contract/pairs.h"
#include "tests/suite.h"

/* More than any event takes, also under valgrind, and less than a test may take. */
#define GENEROUS (10 * RDY_SECOND)

/* For how long nothing has to happen before a test believes that nothing will. */
#define SILENCE (30 * RDY_MILLISECOND)

/* The poll under test, opened before each test and closed after it. */
extern struct subject {
    rdy_poll *poll;
    rdy_registry *registry;
    rdy_events events;
} subject;

/* A suite whose first test is that the backend under test is the one that was asked for. */
Suite *contract_suite(const char *name);

/* A test case with a `subject`; its sources (pairs.h) are closed after each test. */
TCase *contract_case(Suite *suite, const char *name);

/* Opens `subject` with other options than none, in place of the one that is open. */
void reopen_subject(const rdy_poll_options *options);

/*
 * Whether what stands in for kqueue on Linux takes the error of a socket (SO_ERROR) to report it and so keeps
 * it from everybody else: libkqueue 2.7 does, no kqueue(2) does. Tests of such errors are left out then.
 */
bool socket_errors_are_eaten(void);

/* Whether its own descriptor cannot be watched, as that of kqueue(2) can: libkqueue's is never readable. */
bool nesting_is_missing(void);

/* Whether its filters stay when their descriptor is closed behind the library's back: no kqueue(2) keeps them. */
bool filters_outlive_descriptors(void);

/* Whether a thread closes what belonged to a poll some time after it, which takes up descriptors: libkqueue's does. */
bool descriptors_come_back_late(void);

/* The flags of all events of the last wait for this token, or'ed. */
uint32_t flags_for(rdy_token token);

/* How many events of the last wait are for this token. */
int events_for(rdy_token token);

/* Registers with the subject. */
void watch(rdy_source *source, rdy_token token, rdy_interest interest);

/* Reregisters with the subject. */
void watch_again(rdy_source *source, rdy_token token, rdy_interest interest);

/* Waits until the events for `token` have shown all of `flags`, and returns all that they showed. No other
 * token may show up. */
uint32_t wait_for(rdy_token token, uint32_t flags);

/* Nothing comes for a while. */
void expect_silence(void);

/* The open descriptors below 256, and how many of them would survive exec. */
int count_descriptors(int *inheritable);

/* A library that stands in for the kernel may tidy up in a thread of its own. */
void wait_until_descriptors_are(int expected);

/* How long the calling thread has run, in nanoseconds. */
int64_t processor_time(void);

pthread_t start_thread(void *(*body)(void *), void *argument);
void *join_thread(pthread_t thread);

/* How often a test of threads is to be tried: RDY_TEST_ROUNDS of the environment, or so often. */
int rounds(int by_default);

/* Sends SIGUSR1 to the calling thread again and again until `stop_signals`; the test has set a handler. */
void start_signals(void);
void stop_signals(void);

/* For a thread that helps: comes back once the main thread sleeps, in the wait that it was about to begin. */
void wait_until_main_sleeps(void);

void pause_briefly(void);

#endif
