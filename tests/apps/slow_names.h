#ifndef RDY_TESTS_APPS_SLOW_NAMES_H
#define RDY_TESTS_APPS_SLOW_NAMES_H

/*
 * A getaddrinfo(3) that takes the place of the system's in a test program. It passes every name on, but
 * "slow.test", for which it blocks until slow_names_release and then knows no such name.
 */
#define SLOW_NAME "slow.test"

void slow_names_hold(void);
void slow_names_release(void);

#endif
