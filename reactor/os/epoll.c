#include <errno.h>
#include <limits.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "reactor/os/backend.h"
#include "reactor/os/notice.h"
#include "reactor/os/poll_flags.h"
#include "reactor/os/sys.h"

/*
 * epoll(7) keeps all there is to keep: the token lies in the kernel, beside the interest, and a registration
 * costs no memory here.
 */
struct epoll_state {
    int fd;
    struct rdy_notice notice;
    atomic_bool noticed; /* the notice was posted and its event has not been seen */
    uint8_t flags[128];  /* the flags for all bits that the kernel reports, by flag_index */
};

_Static_assert(POLLIN == EPOLLIN && POLLOUT == EPOLLOUT && POLLPRI == EPOLLPRI && POLLERR == EPOLLERR &&
                   POLLHUP == EPOLLHUP && POLLRDHUP == EPOLLRDHUP,
               "rdy_flags_from_poll serves both");
_Static_assert(sizeof(rdy_event) <= 16 && sizeof(struct epoll_event) <= 16, "the room for one event");

/*
 * What the kernel does not tell it can be made to keep: sockets and terminals report WRNORM with OUT to whoever asked
 * for it, and nobody has another use for it.
 *     OUT             asked for writable alone
 *     OUT | WRNORM    asked for both: HUP without IN is an end too (terminals), and not one that nobody asked for
 *     WRNORM          our writing was shut down
 */
enum { WRITE_MARK = EPOLLWRNORM };

/* All that the kernel reports. */
#define REPORTED ((uint32_t)(EPOLLIN | EPOLLPRI | EPOLLOUT | EPOLLERR | EPOLLHUP | EPOLLRDHUP | WRITE_MARK))

/*
 * A number of their own for any of those bits: the product moves IN, PRI, OUT, ERR and HUP, the low five, to 27 and on,
 * WRITE_MARK to 26 and RDHUP to 25, and there seven bits are read. (It also adds RDHUP to HUP, at the very top.)
 */
static uint32_t flag_index(uint32_t bits)
{
    return bits * (1U << 27 | 1U << 18 | 1U << 12) >> 25;
}

_Static_assert(EPOLLHUP == 1 << 4 && WRITE_MARK << 18 == 1 << 26 && EPOLLRDHUP << 12 == 1 << 25,
               "flag_index");

static uint8_t flags_of(uint32_t bits)
{
    const bool marked = (bits & WRITE_MARK) != 0;
    const uint32_t plain = bits & ~(uint32_t)WRITE_MARK;
    if (marked && !(bits & EPOLLOUT))
        return (uint8_t)(rdy_flags_from_poll(plain | EPOLLOUT) | RDY_EVENT_WRITE_CLOSED);
    return (uint8_t)(rdy_flags_from_poll(plain) | (marked && bits & EPOLLHUP ? RDY_EVENT_READABLE : 0));
}

static void fill_flags(struct epoll_state *state)
{
    uint32_t bits = 0;
    do {
        state->flags[flag_index(bits)] = flags_of(bits);
        bits = (bits - REPORTED) & REPORTED; /* the next of all subsets */
    } while (bits != 0);
}

static uint32_t writing_bits(rdy_interest interest)
{
    if (interest & RDY_EXCLUSIVE) /* which goes with few other bits (epoll_ctl(2)) */
        return EPOLLOUT;
    if (interest & RDY_SHUT_WRITE)
        return WRITE_MARK;
    return interest & RDY_READABLE ? EPOLLOUT | WRITE_MARK : EPOLLOUT;
}

static uint32_t kernel_interest(rdy_interest interest)
{
    uint32_t bits = 0;
    if (interest & RDY_READABLE)
        bits |= EPOLLIN | EPOLLRDHUP;
    if (interest & RDY_WRITABLE)
        bits |= writing_bits(interest);
    if (interest & RDY_PRIORITY)
        bits |= EPOLLPRI;
    if ((interest & RDY_TRIGGERS) == RDY_EDGE)
        bits |= EPOLLET;
    if (interest & RDY_ONESHOT)
        bits |= EPOLLONESHOT;
    if (interest & RDY_EXCLUSIVE)
        bits = (bits & ~(uint32_t)EPOLLRDHUP) | EPOLLEXCLUSIVE;
    return bits;
}

static int control(struct epoll_state *state, int operation, int fd, rdy_token token, rdy_interest interest)
{
    struct epoll_event event = {.events = kernel_interest(interest), .data.u64 = token};
    return epoll_ctl(state->fd, operation, fd, &event) < 0 ? -errno : 0;
}

static int epoll_add(void *state, int fd, rdy_token token, rdy_interest interest)
{
    return control(state, EPOLL_CTL_ADD, fd, token, interest);
}

static int epoll_change(void *state, int fd, rdy_token token, rdy_interest interest)
{
    return control(state, EPOLL_CTL_MOD, fd, token, interest);
}

static int epoll_remove(void *state, int fd)
{
    return control(state, EPOLL_CTL_DEL, fd, 0, 0);
}

/*
 * The notice is registered under its address here, edge-triggered: a post is an event and nobody has to read
 * it.
 */
static uint64_t notice_mark(const struct epoll_state *state)
{
    return (uintptr_t)&state->notice;
}

static int epoll_open(void *opaque, pthread_mutex_t *lock)
{
    struct epoll_state *state = opaque;
    (void)lock;
    fill_flags(state);
    state->fd = epoll_create1(EPOLL_CLOEXEC);
    if (state->fd < 0)
        return -errno;
    int error = rdy_notice_open(&state->notice);
    if (error != 0) {
        rdy_sys_close(state->fd);
        return error;
    }
    struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.u64 = notice_mark(state)};
    if (epoll_ctl(state->fd, EPOLL_CTL_ADD, state->notice.reader, &event) == 0)
        return 0;
    error = -errno;
    rdy_notice_close(&state->notice);
    rdy_sys_close(state->fd);
    return error;
}

static void epoll_close(void *opaque, bool inherited)
{
    struct epoll_state *state = opaque;
    (void)inherited; /* the child's descriptors are its own to close, whatever the two share behind them */
    rdy_notice_close(&state->notice);
    rdy_sys_close(state->fd);
}

static void epoll_wake(void *opaque)
{
    struct epoll_state *state = opaque;
    if (!atomic_exchange(&state->noticed, true))
        rdy_notice_post(state->notice.writer);
}

static int epoll_descriptor(void *opaque)
{
    const struct epoll_state *state = opaque;
    return state->fd;
}

/*
 * A user's token may be any number, this address among them; so an event under it is the notice's only when
 * the notice was posted, and only once.
 */
static bool is_notice(struct epoll_state *state, uint64_t token)
{
    return token == notice_mark(state) && atomic_exchange(&state->noticed, false);
}

static int wait_in_milliseconds(int fd, struct epoll_event *ready, int capacity, int64_t timeout_ns)
{
    const int64_t longest = (int64_t)INT_MAX * 1000000;
    const int milliseconds = timeout_ns >= longest ? INT_MAX : (int)((timeout_ns + 999999) / 1000000);
    return (int)rdy_sys_result(epoll_wait(fd, ready, capacity, milliseconds));
}

#ifdef SYS_epoll_pwait2

static int wait_in_nanoseconds(int fd, struct epoll_event *ready, int capacity, int64_t timeout_ns)
{
    struct {
        int64_t seconds, nanoseconds; /* __kernel_timespec, on 32-bit machines too */
    } timeout = {timeout_ns / 1000000000, timeout_ns % 1000000000};
    return (int)rdy_sys_result(syscall(SYS_epoll_pwait2, fd, ready, capacity, &timeout, NULL, (size_t)0));
}

/* epoll_pwait2 (Linux 5.11) where it is there and allowed. */
static int wait_at_most(int fd, struct epoll_event *ready, int capacity, int64_t timeout_ns)
{
    static atomic_bool missing;
    if (atomic_load_explicit(&missing, memory_order_relaxed))
        return wait_in_milliseconds(fd, ready, capacity, timeout_ns);
    int count = wait_in_nanoseconds(fd, ready, capacity, timeout_ns);
    if (!rdy_sys_is_missing(count))
        return count;
    atomic_store_explicit(&missing, true, memory_order_relaxed);
    return wait_in_milliseconds(fd, ready, capacity, timeout_ns);
}

#else

static int wait_at_most(int fd, struct epoll_event *ready, int capacity, int64_t timeout_ns)
{
    return wait_in_milliseconds(fd, ready, capacity, timeout_ns);
}

#endif

/* To look, or to sleep for ever, takes no reckoning. */
static int wait_for_events(int fd, struct epoll_event *ready, int capacity, int64_t timeout_ns)
{
    if (timeout_ns > 0)
        return wait_at_most(fd, ready, capacity, timeout_ns);
    return (int)rdy_sys_result(epoll_wait(fd, ready, capacity, timeout_ns < 0 ? -1 : 0));
}

/*
 * The kernel writes its events, which are not larger than ours, to the end of the room, and they are
 * translated from the front: the event that is written never reaches the next one to be read. No second
 * array, no allocation.
 */
static int epoll_wait_for(void *opaque, rdy_event *events, int capacity, int64_t timeout_ns)
{
    struct epoll_state *state = opaque;
    unsigned char *end = (unsigned char *)events + (size_t)capacity * 16;
    unsigned char *ready = end - (size_t)capacity * sizeof(struct epoll_event);
    int count = wait_for_events(state->fd, (struct epoll_event *)(void *)ready, capacity, timeout_ns);
    rdy_event *next = events;
    for (int i = 0; i < count; i++, ready += sizeof(struct epoll_event)) {
        uint32_t bits;
        uint64_t token;
        memcpy(&bits, ready + offsetof(struct epoll_event, events), sizeof bits);
        memcpy(&token, ready + offsetof(struct epoll_event, data), sizeof token);
        if (is_notice(state, token))
            continue;
        const rdy_event translated = {(rdy_token)token, state->flags[flag_index(bits)]};
        memcpy(next++, &translated, sizeof translated);
    }
    return count < 0 ? count : (int)(next - events);
}

const struct rdy_backend rdy_backend_epoll = {
    .name = "epoll",
    .state_size = sizeof(struct epoll_state),
    .open = epoll_open,
    .close = epoll_close,
    .add = epoll_add,
    .change = epoll_change,
    .remove = epoll_remove,
    .wait = epoll_wait_for,
    .wake = epoll_wake,
    .descriptor = epoll_descriptor,
};
