#ifndef RDY_TESTS_APPS_FAKE_NAMES_H
#define RDY_TESTS_APPS_FAKE_NAMES_H

/*
 * Names that do not exist, for the tests of the two resolvers.
 *
 *      fake_names.c    a getaddrinfo(3) that takes the place of the system's in a test program and passes every
 *                      other name on
 *      fake_server.c   a name server on the loopback for the resolvers of c-ares; other names are not known to it
 */
#define SLOW_NAME   "slow.test"   /* not answered until slow_names_release, and then not known */
#define LATE_NAME   "late.test"   /* likewise, and then 127.0.0.1 */
#define TWO_NAME    "two.test"    /* 127.0.0.2, then 127.0.0.1 */
#define THREE_NAME  "three.test"  /* 127.0.0.3, 127.0.0.2, 127.0.0.1 */
#define BOTH_NAME   "both.test"   /* ::1, then 127.0.0.1 */
#define MAPPED_NAME "mapped.test" /* 127.0.0.1 as an IPv4-mapped address, then ::1 */
#define FIRST_NAME  "first.test"  /* 127.0.0.1 */
#define SECOND_NAME "second.test" /* 127.0.0.1 */
#define CUT_NAME    "cut.test"    /* of the server only: 127.0.0.1, which it tells over TCP */
#define AGAIN_NAME  "again.test"  /* a server that does not answer: -EAGAIN */
#define SYSTEM_NAME "system.test" /* fake_system_error */

extern const int fake_system_error;

/* To be called before and after each test. */
void fake_names_begin(void);
void fake_names_end(void);

/* What is asked from now on is answered late. */
void slow_names_hold(void);
void slow_names_release(void);

#endif
