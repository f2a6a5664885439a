#ifndef RDY_NET_LISTENER_H
#define RDY_NET_LISTENER_H

#include "reactor/export.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What to do after accept failed; the same for listeners of every kind. */
typedef enum rdy_accept_advice {
    RDY_ACCEPT_AGAIN,  /* that one connection is gone: accept the next at once */
    RDY_ACCEPT_WAIT,   /* none is left: wait for a readable event */
    RDY_ACCEPT_PAUSE,  /* no descriptor or no memory: stop, and accept again by timer (no event will come) or
                          when one  of your own connections has closed */
    RDY_ACCEPT_BROKEN, /* the listener itself is of no more use */
} rdy_accept_advice;

/* The advice for an error of accept (accept(2), ERRORS), a negative errno. */
RDY_API rdy_accept_advice rdy_accept_advise(int error);

#ifdef __cplusplus
}
#endif

#endif
