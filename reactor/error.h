#ifndef RDY_REACTOR_ERROR_H
#define RDY_REACTOR_ERROR_H

#include "reactor/export.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Every function of rdy that can fail returns a negative errno. These two turn it into text; the sign does
 * not matter. Both return static strings, the same in every locale, and may be called from any thread.
 */

/* The name: "ECONNRESET"; "OK" for 0; "EUNKNOWN" for a number that rdy does not know. */
RDY_API const char *rdy_error_name(int error);

/* The sentence: "connection reset by peer"; "no error" for 0; "unknown error". */
RDY_API const char *rdy_error_sentence(int error);

#ifdef __cplusplus
}
#endif

#endif
