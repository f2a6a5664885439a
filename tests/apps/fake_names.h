#ifndef RDY_TESTS_APPS_FAKE_NAMES_H
#define RDY_TESTS_APPS_FAKE_NAMES_H

/*
 * A getaddrinfo(3) that takes the place of the system's in a test program. It knows the names below and
 * passes every other one on.
 */
#define SLOW_NAME   "slow.test"   /* blocks until slow_names_release, and then is not known */
#define LATE_NAME   "late.test"   /* blocks likewise, and then is 127.0.0.1 */
#define TWO_NAME    "two.test"    /* 127.0.0.2, then 127.0.0.1 */
#define THREE_NAME  "three.test"  /* 127.0.0.3, 127.0.0.2, 127.0.0.1 */
#define BOTH_NAME   "both.test"   /* ::1, then 127.0.0.1 */
#define MAPPED_NAME "mapped.test" /* 127.0.0.1 as an IPv4-mapped address, then ::1 */
#define FIRST_NAME  "first.test"  /* 127.0.0.1 */
#define SECOND_NAME "second.test" /* 127.0.0.1 */
#define AGAIN_NAME  "again.test"  /* EAI_AGAIN */
#define SYSTEM_NAME "system.test" /* EAI_SYSTEM, EMFILE */

void slow_names_hold(void);
void slow_names_release(void);

#endif
