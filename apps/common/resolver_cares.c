#include "apps/common/resolver_cares.h"

#include <ares.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/time.h>

#include "apps/common/lookup.h"
#include "reactor/clock.h"

enum {
    AT_ONCE = 64, /* for both families 128 questions, where dnsmasq forwards no more than 150 */
    /* The second try may take twice as long: 4.5 s in all for a server that is dead, before a connect times out. */
    TIMEOUT_MS = 1500,
    TRIES = 2,
    SOCKETS_AT_ONCE = 16,
};

/* One of c-ares' sockets, of which it has a few for each server. */
typedef struct channel_socket {
    struct channel_socket *next;
    rdy_source source;
    short events; /* of poll(2) */
} channel_socket;

typedef struct question {
    lookup lookup;
    resolver *asked;
} question;

struct resolver {
    ares_channel channel;
    rdy_registry *registry; /* a reference, for it may be closed after the poll */
    rdy_token token;
    int family;
    channel_socket *sockets;
    lookup_queue answers;
};

static const char *servers; /* NULL for the system's */

void resolver_cares_use_servers(const char *csv)
{
    servers = csv;
}

/* What no server would know, and else what says nothing about the name: no server gave an answer that counts. */
static int error_of_status(int status)
{
    switch (status) {
    case ARES_SUCCESS:
        return 0;
    case ARES_ENODATA:
    case ARES_ENOTFOUND:
    case ARES_EBADNAME:
        return -ENXIO;
    case ARES_EFILE:
        return -EIO;
    case ARES_ENOMEM:
        return -ENOMEM;
    default:
        return -EAGAIN;
    }
}

/* ---- sockets ---- */

static channel_socket **find(resolver *core, ares_socket_t fd)
{
    channel_socket **link = &core->sockets;
    while (*link != NULL && rdy_source_fd(&(*link)->source) != fd)
        link = &(*link)->next;
    return link;
}

static channel_socket *add(resolver *core, ares_socket_t fd)
{
    channel_socket *added = calloc(1, sizeof *added);
    if (added == NULL)
        return NULL;
    added->source = rdy_source_from_fd(fd);
    added->next = core->sockets;
    core->sockets = added;
    return added;
}

static void take_off(channel_socket **link)
{
    channel_socket *gone = *link;
    *link = gone->next;
    (void)rdy_source_deregister(&gone->source); /* fails after the poll was closed */
    free(gone);
}

/* By level, for c-ares reads as much as it likes. It cannot be told of a failure: its question then times out. */
static void watch(resolver *core, channel_socket *item, bool is_readable, bool is_writable)
{
    const rdy_interest interest =
        RDY_LEVEL | (is_readable ? RDY_READABLE : 0) | (is_writable ? RDY_WRITABLE : 0);
    item->events = (short)((is_readable ? POLLIN : 0) | (is_writable ? POLLOUT : 0));
    if (rdy_source_is_registered(&item->source))
        (void)rdy_registry_reregister(core->registry, &item->source, core->token, interest);
    else
        (void)rdy_registry_register(core->registry, &item->source, core->token, interest);
}

/* c-ares calls this with neither direction just before it closes the socket. */
static void on_state(void *context, ares_socket_t fd, int readable, int writable)
{
    resolver *core = context;
    channel_socket **link = find(core, fd);
    channel_socket *item = *link;
    if (!readable && !writable) {
        if (item != NULL)
            take_off(link);
        return;
    }
    if (item == NULL)
        item = add(core, fd);
    if (item != NULL)
        watch(core, item, readable, writable);
}

static nfds_t find_ready(const resolver *core, struct pollfd *ready)
{
    nfds_t count = 0;
    for (const channel_socket *item = core->sockets; item != NULL && count < SOCKETS_AT_ONCE;
         item = item->next)
        ready[count++] = (struct pollfd){.fd = rdy_source_fd(&item->source), .events = item->events};
    return poll(ready, count, 0) > 0 ? count : 0;
}

/*
 * All sockets have one token, so all are looked at, few as they are. For c-ares an error is seen by reading. One that
 * c-ares has closed on the way is nothing to it any more; one that has got its number is read from in vain.
 */
static void process(resolver *core)
{
    struct pollfd ready[SOCKETS_AT_ONCE];
    const nfds_t count = find_ready(core, ready);
    for (nfds_t i = 0; i < count; i++) {
        const bool is_writable = (ready[i].revents & POLLOUT) != 0;
        const bool is_readable = (ready[i].revents & ~POLLOUT) != 0;
        if (is_readable || is_writable)
            ares_process_fd(core->channel, is_readable ? ready[i].fd : ARES_SOCKET_BAD,
                            is_writable ? ready[i].fd : ARES_SOCKET_BAD);
    }
    ares_process_fd(core->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD); /* what is due */
}

/* ---- questions ---- */

static int take_addresses(const struct ares_addrinfo *found, lookup *entry)
{
    int error = 0;
    for (const struct ares_addrinfo_node *node = found->nodes; error == 0 && node != NULL;
         node = node->ai_next)
        error = lookup_add_address(entry, node->ai_addr, (socklen_t)node->ai_addrlen);
    return error;
}

static void on_answer(void *context, int status, int timeouts, struct ares_addrinfo *found)
{
    question *asked = context;
    int error = error_of_status(status);
    (void)timeouts;
    if (error == 0)
        error = take_addresses(found, &asked->lookup);
    if (found != NULL)
        ares_freeaddrinfo(found);
    lookup_finish(&asked->lookup, error);
    lookup_queue_push(&asked->asked->answers, &asked->lookup);
}

size_t resolver_at_once(void)
{
    return AT_ONCE;
}

int resolver_ask(resolver *core, const char *host, uint16_t port, uintptr_t key)
{
    const struct ares_addrinfo_hints hints = {.ai_family = core->family, .ai_socktype = SOCK_STREAM};
    question *asked = calloc(1, sizeof *asked);
    if (asked == NULL)
        return -ENOMEM;
    asked->asked = core;
    asked->lookup.answer.key = key;
    asked->lookup.family = core->family;
    asked->lookup.port = port;
    ares_getaddrinfo(core->channel, host, NULL, &hints, on_answer,
                     asked); /* which may be called from within */
    return 0;
}

/* What is due now has been so since ever: the caller's clock may have been read a little earlier. */
int64_t resolver_deadline(resolver *core)
{
    struct timeval left;
    if (core->answers.first != NULL)
        return 0;
    if (ares_timeout(core->channel, NULL, &left) == NULL)
        return RDY_NEVER;
    const int64_t left_ns = left.tv_sec * RDY_SECOND + left.tv_usec * RDY_MICROSECOND;
    return left_ns == 0 ? 0 : rdy_clock_after(rdy_clock_now(), left_ns);
}

int resolver_next(resolver *core, resolved *answer)
{
    if (core->answers.first == NULL)
        process(core);
    lookup *entry = lookup_queue_pop(&core->answers);
    if (entry == NULL)
        return 0;
    *answer = entry->answer;
    free(entry);
    return 1;
}

/* ---- life ---- */

static int open_channel(resolver *core)
{
    struct ares_options options = {
        .timeout = TIMEOUT_MS,
        .tries = TRIES,
        .sock_state_cb = on_state,
        .sock_state_cb_data = core,
    };
    int status = ares_library_init(ARES_LIB_INIT_ALL);
    if (status != ARES_SUCCESS)
        return error_of_status(status);
    status = ares_init_options(&core->channel, &options,
                               ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB);
    if (status == ARES_SUCCESS && servers != NULL)
        status = ares_set_servers_ports_csv(core->channel, servers);
    if (status != ARES_SUCCESS) {
        if (core->channel != NULL)
            ares_destroy(core->channel);
        ares_library_cleanup();
    }
    return error_of_status(status);
}

int resolver_open(rdy_registry *registry, rdy_token token, int family, resolver **out)
{
    resolver *core = calloc(1, sizeof *core);
    if (core == NULL)
        return -ENOMEM;
    core->token = token;
    core->family = family;
    const int error = open_channel(core);
    if (error < 0) {
        free(core);
        return error;
    }
    core->registry = rdy_registry_clone(registry);
    *out = core;
    return 0;
}

/* c-ares answers what is under way on the way, and closes its sockets. */
void resolver_close(resolver *core)
{
    if (core == NULL)
        return;
    ares_destroy(core->channel);
    ares_library_cleanup();
    lookup_queue_drop(&core->answers);
    rdy_registry_free(core->registry);
    free(core);
}
