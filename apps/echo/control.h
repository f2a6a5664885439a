#ifndef RDY_APPS_ECHO_CONTROL_H
#define RDY_APPS_ECHO_CONTROL_H

/* What signals ask for. */

#include "apps/echo/shared.h"
#include "reactor/signals.h"

/* Opens the signals of the server. 0 or a negative errno. */
int echo_control_open(rdy_signals *signals);

/* Does what the signals that have arrived ask for. */
void echo_control_obey(rdy_signals *signals, echo_shared *shared);

/* Prints the counters of each worker and their total. */
void echo_control_print_counters(echo_shared *shared);

#endif
