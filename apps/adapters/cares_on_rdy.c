#include "cares_on_rdy.h"

#include <stdlib.h>
#include <sys/time.h>

#include <reactor/clock.h>

struct cares_socket {
    struct cares_socket *next;
    struct loop_watch *watch;
};

void cares_on_rdy_schedule(struct cares_on_rdy *cares)
{
    struct timeval room;
    const struct timeval *next = ares_timeout(cares->channel, NULL, &room);
    const int64_t delay =
        next == NULL ? RDY_FOREVER : next->tv_sec * RDY_SECOND + next->tv_usec * RDY_MICROSECOND;
    loop_arm(cares->loop, &cares->timer, delay);
}

static void act(struct cares_on_rdy *cares, ares_socket_t readable, ares_socket_t writable)
{
    ares_process_fd(cares->channel, readable, writable);
    cares_on_rdy_schedule(cares);
}

/* For c-ares an error is seen by reading. */
static void on_ready(struct loop_watch *watch, rdy_event event)
{
    const ares_socket_t fd = rdy_source_fd(&watch->source);
    act(watch->context, rdy_event_is_readable(event) ? fd : ARES_SOCKET_BAD,
        rdy_event_is_writable(event) ? fd : ARES_SOCKET_BAD);
}

static void on_expired(void *context)
{
    act(context, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
}

/* The link to the socket, or to NULL. */
static struct cares_socket **find(struct cares_on_rdy *cares, ares_socket_t fd)
{
    struct cares_socket **link = &cares->sockets;
    while (*link != NULL && rdy_source_fd(&(*link)->watch->source) != fd)
        link = &(*link)->next;
    return link;
}

static void add(struct cares_on_rdy *cares, ares_socket_t fd, rdy_interest conditions)
{
    struct cares_socket *added = malloc(sizeof *added);
    struct loop_watch *watch;
    if (added == NULL || loop_add(cares->loop, fd, conditions, on_ready, cares, &watch) != 0) {
        free(added); /* c-ares cannot be told; the query ends by its time-out */
        return;
    }
    *added = (struct cares_socket){.next = cares->sockets, .watch = watch};
    cares->sockets = added;
}

/* c-ares calls this with neither just before it closes the socket. */
static void on_state(void *context, ares_socket_t fd, int readable, int writable)
{
    struct cares_on_rdy *cares = context;
    struct cares_socket **link = find(cares, fd), *known = *link;
    const rdy_interest conditions = (readable ? RDY_READABLE : 0) | (writable ? RDY_WRITABLE : 0);
    if (known == NULL && conditions != 0) {
        add(cares, fd, conditions);
    } else if (known != NULL && conditions != 0) {
        loop_change(cares->loop, known->watch, conditions);
    } else if (known != NULL) {
        *link = known->next;
        loop_remove(cares->loop, known->watch);
        free(known);
    }
}

int cares_on_rdy_open(struct loop *loop, const struct ares_options *options, int mask,
                      struct cares_on_rdy *cares)
{
    struct ares_options ours = *options;
    ours.sock_state_cb = on_state;
    ours.sock_state_cb_data = cares;
    *cares = (struct cares_on_rdy){.loop = loop, .timer = {.expired = on_expired, .context = cares}};
    return ares_init_options(&cares->channel, &ours, mask | ARES_OPT_SOCK_STATE_CB);
}

void cares_on_rdy_close(struct cares_on_rdy *cares)
{
    ares_destroy(cares->channel);
    loop_arm(cares->loop, &cares->timer, RDY_FOREVER);
}
