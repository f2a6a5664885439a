#ifndef RDY_REACTOR_SOURCE_H
#define RDY_REACTOR_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "reactor/export.h"
#include "reactor/interest.h"
#include "reactor/token.h"

#ifdef __cplusplus
extern "C" {
#endif

struct rdy_registry;

/*
 * Something that can be ready: a descriptor and the registry it is registered with. Embed it in your own
 * object; the types of net/ do. It may be moved in memory at any time, for no kernel and no backend keeps its
 * address. The fields are the library's. A zeroed source holds no descriptor. One thread at a time may use a
 * given source.
 */
typedef struct rdy_source {
    struct rdy_registry *registry; /* a counted reference while registered */
    rdy_token token;
    int fd;
    uint32_t state;
} rdy_source;

/*
 * A source for any descriptor: a pipe, a terminal, another library's socket. Nothing is done to the
 * descriptor: make it non-blocking yourself if you want edges (fcntl(2)). Ownership: rdy_source_close closes
 * it; if someone else will, call rdy_source_deregister before they do.
 *
 * On the select backend a source of this kind must be told when an operation on its descriptor would have
 * blocked: see rdy_source_blocked.
 */
RDY_API rdy_source rdy_source_from_fd(int fd);

/* The descriptor, or -1 if the source holds none. */
RDY_API int rdy_source_fd(const rdy_source *source);

/* Whether the source is registered with a poll that is still open. */
RDY_API bool rdy_source_is_registered(const rdy_source *source);

/* The token of the last registration, which it outlasts; 0 if there was none. */
RDY_API rdy_token rdy_source_token(const rdy_source *source);

/*
 * Says that an operation on the raw descriptor answered EAGAIN (or moved less than was asked), for
 * `direction`: RDY_READABLE, RDY_WRITABLE, RDY_PRIORITY or several. epoll and kqueue see this by themselves
 * and nothing happens; select has to be told, or an edge-triggered source stays silent. The functions of net/
 * call it themselves. The debug mode (RDY_DEBUG, reactor/poll.h) wants to be told on every backend. 0 on success;
 * -EINVAL for an empty or unknown direction; -ENOENT if the source is not registered; -ECHILD in a child of fork(2).
 */
RDY_API int rdy_source_blocked(rdy_source *source, rdy_interest direction);

/*
 * Says that the program knows the source to be readable still and will read on without another event: after a turn of
 * others, or once its output has room. Nothing depends on it but the debug mode (RDY_DEBUG, reactor/poll.h), which
 * else reports an edge that was left undrained. It holds until a read finds no more.
 */
RDY_API void rdy_source_defer(rdy_source *source);

/*
 * Takes the source off the registry it is registered with, whichever that is. 0 on success, -ENOENT if it is
 * on none, else as rdy_registry_deregister.
 */
RDY_API int rdy_source_deregister(rdy_source *source);

/*
 * Deregisters the source, closes the descriptor and leaves a zeroed source. After it returns no later wait
 * reports the registration, even if the number of the descriptor is used again. NULL and zeroed sources are
 * fine.
 */
RDY_API void rdy_source_close(rdy_source *source);

#ifdef __cplusplus
}
#endif

#endif
