#ifndef TESTS_FAULTS_PLACES_H
#define TESTS_FAULTS_PLACES_H

#include "net/address.h"

/* Where scenarios meet. The sockets behind them are made by real calls. */

/* An address of the loopback that is this process's own, where there are so many, with any port. */
rdy_address place_of_loopback(void);

/* An abstract name that is this process's own. */
rdy_address place_of_name(void);

/* An address that refuses: a port is held that nobody listens on. */
rdy_address place_of_nobody(void);

/* A listener that answers no more connects: its queue is full. */
void place_full_listener(rdy_address *address);

/* Gives up what the two above hold. */
void place_close(void);

#endif
