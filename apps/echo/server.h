#ifndef RDY_APPS_ECHO_SERVER_H
#define RDY_APPS_ECHO_SERVER_H

#include "apps/echo/config.h"

/* Runs the workers until a signal ends them. Failures are reported. The exit status of the program. */
int echo_server_run(const echo_config *config);

#endif
