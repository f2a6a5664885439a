#ifndef RDY_REACTOR_TOKEN_H
#define RDY_REACTOR_TOKEN_H

#include <stdint.h>

/*
 * The name under which a source is registered, handed back in each of its events. Every value is the user's,
 * none is reserved, and the library never looks at it: a pointer, an index or an `rdy_slab` token all serve.
 * Keeping tokens apart is the user's business.
 */
typedef uintptr_t rdy_token;

#endif
