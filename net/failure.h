#ifndef RDY_NET_FAILURE_H
#define RDY_NET_FAILURE_H

#include <stdbool.h>

#include "reactor/export.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * What an error says about a peer, by a name that stays the same on every system and in every locale: the
 * numbers of errno do not (ECONNRESET is 104 on Linux and 54 on macOS).
 */
typedef enum rdy_failure {
    RDY_FAILURE_NONE,        /* "ok" */
    RDY_FAILURE_REFUSED,     /* "refused": nobody listens there */
    RDY_FAILURE_TIMED_OUT,   /* "timed out" */
    RDY_FAILURE_RESET,       /* "reset": the peer, or somebody in its name, broke the connection off */
    RDY_FAILURE_UNREACHABLE, /* "unreachable": no way to the host or its network, as some router told */
    RDY_FAILURE_DENIED,      /* "denied": a firewall or a local rule forbids it */
    RDY_FAILURE_LOCAL, /* "local fault": descriptors, memory, ports or the address ran out here; says nothing
                          about the peer */
    RDY_FAILURE_OTHER, /* "failed" */
} rdy_failure;

/* The failure that a negative errno of this library stands for; 0 is RDY_FAILURE_NONE. */
RDY_API rdy_failure rdy_failure_from_error(int error);

/* Its word, a static string. */
RDY_API const char *rdy_failure_word(rdy_failure failure);

#ifdef __cplusplus
}
#endif

#endif
