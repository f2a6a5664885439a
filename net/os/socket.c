#include "net/os/socket.h"

#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <stdatomic.h>
#include <sys/un.h>
#include <unistd.h>

#include "reactor/os/sys.h"

#if defined(SOCK_NONBLOCK) && defined(SOCK_CLOEXEC)
enum { BIRTH_FLAGS = SOCK_NONBLOCK | SOCK_CLOEXEC };
#else
enum { BIRTH_FLAGS = 0 };
#endif

/* Where send(2) cannot say MSG_NOSIGNAL, the socket has to. */
static int forgo_sigpipe(int fd)
{
#ifdef SO_NOSIGPIPE
    int error = rdy_socket_set_option(fd, SOL_SOCKET, SO_NOSIGPIPE, 1);
    return error == -EINVAL
               ? 0
               : error; /* macOS, when the peer has gone already: nothing will be written to it */
#else
    (void)fd;
    return 0;
#endif
}

/* What the birth flags say, for a socket that was made without. */
static int raise_plain(int fd)
{
    int error = rdy_sys_set_flags(fd);
    return error != 0 ? error : forgo_sigpipe(fd);
}

/* Finishes what the birth flags could not say. The descriptor is closed on failure. */
static int raise_socket(int fd)
{
    int error = BIRTH_FLAGS != 0 ? forgo_sigpipe(fd) : raise_plain(fd);
    if (error != 0)
        rdy_sys_close(fd);
    return error != 0 ? error : fd;
}

int rdy_socket_open(int family, int type)
{
    int fd = socket(family, type | BIRTH_FLAGS, 0);
    return fd < 0 ? -errno : raise_socket(fd);
}

int rdy_socket_pair(int family, int type, int ends[2])
{
    int made[2];
    if (socketpair(family, type | BIRTH_FLAGS, 0, made) < 0)
        return -errno;
    int error = raise_socket(made[0]);
    if (error < 0) {
        rdy_sys_close(made[1]);
        return error;
    }
    error = raise_socket(made[1]);
    if (error < 0) {
        rdy_sys_close(made[0]);
        return error;
    }
    ends[0] = made[0];
    ends[1] = made[1];
    return 0;
}

int rdy_socket_prepare(int fd, int type)
{
    int actual = 0;
    int error = rdy_socket_option(fd, SOL_SOCKET, SO_TYPE, &actual);
    if (error == 0 && actual != type)
        error = -EINVAL;
    return error != 0 ? error : raise_plain(fd);
}

int rdy_socket_bind(int fd, const rdy_address *address)
{
    return bind(fd, (const struct sockaddr *)&address->storage, address->length) < 0 ? -errno : 0;
}

void rdy_socket_remove_file(const rdy_address *address)
{
    const struct sockaddr_un *named = (const struct sockaddr_un *)(const void *)&address->storage;
    if (named->sun_path[0] != '\0')
        (void)unlink(named->sun_path);
}

int rdy_socket_listen(int fd, int backlog)
{
    return listen(fd, backlog) < 0 ? -errno : 0;
}

int rdy_socket_connect(int fd, const rdy_address *peer)
{
    if (connect(fd, (const struct sockaddr *)&peer->storage, peer->length) == 0)
        return 0;
    return errno == EINPROGRESS || errno == EINTR ? 0 : -errno;
}

int rdy_socket_disconnect(int fd)
{
    const struct sockaddr nobody = {.sa_family = AF_UNSPEC};
    rdy_address peer;
    if (connect(fd, &nobody, sizeof nobody) == 0)
        return 0;
    int error = -errno; /* macOS and the BSDs do it, and then complain of the address */
    return rdy_socket_peer_address(fd, &peer) == -ENOTCONN ? 0 : error;
}

static int accept_plainly(int fd, struct sockaddr *peer, socklen_t *length)
{
    int accepted = accept(fd, peer, length);
    if (accepted < 0)
        return -errno;
    int error = raise_plain(accepted);
    if (error != 0)
        rdy_sys_close(accepted);
    return error != 0 ? error : accepted;
}

#if defined(SOCK_NONBLOCK) && !defined(__APPLE__)

/* EPERM is also what a firewall says of one connection (accept(2)): then accept says it too, and accept4 is there. */
static int accept_once(int fd, struct sockaddr *peer, socklen_t *length)
{
    static atomic_bool missing;
    if (atomic_load_explicit(&missing, memory_order_relaxed))
        return accept_plainly(fd, peer, length);
    const int result = (int)rdy_sys_result(accept4(fd, peer, length, BIRTH_FLAGS));
    if (result >= 0)
        return raise_socket(result);
    if (!rdy_sys_is_missing(result))
        return result;
    const int accepted = accept_plainly(fd, peer, length);
    if (accepted != result)
        atomic_store_explicit(&missing, true, memory_order_relaxed);
    return accepted;
}

#else

static int accept_once(int fd, struct sockaddr *peer, socklen_t *length)
{
    return accept_plainly(fd, peer, length);
}

#endif

/* The kernel says how long an address is, also when only its beginning had room. */
static rdy_address fitted(rdy_address address)
{
    if (address.length > sizeof address.storage)
        address.length = sizeof address.storage;
    return address;
}

int rdy_socket_accept(int fd, rdy_address *peer)
{
    rdy_address from;
    int accepted;
    do {
        from = (rdy_address){.length = sizeof from.storage};
        accepted = peer == NULL ? accept_once(fd, NULL, NULL)
                                : accept_once(fd, (struct sockaddr *)&from.storage, &from.length);
    } while (accepted == -EINTR);
    if (accepted >= 0 && peer != NULL)
        *peer = fitted(from);
    return accepted;
}

int rdy_socket_is_connecting(int fd)
{
    struct pollfd room = {.fd = fd, .events = POLLOUT};
    ptrdiff_t ready;
    do
        ready = rdy_sys_result(poll(&room, 1, 0));
    while (ready == -EINTR); /* which it says of a pending signal also when it does not sleep */
    return ready < 0 ? (int)ready : ready == 0;
}

int rdy_socket_shutdown(int fd, int how)
{
    return shutdown(fd, how) < 0 ? -errno : 0;
}

int rdy_socket_local_address(int fd, rdy_address *address)
{
    rdy_address found = {.length = sizeof found.storage};
    if (getsockname(fd, (struct sockaddr *)&found.storage, &found.length) < 0)
        return -errno;
    *address = fitted(found);
    return 0;
}

int rdy_socket_peer_address(int fd, rdy_address *address)
{
    rdy_address found = {.length = sizeof found.storage};
    if (getpeername(fd, (struct sockaddr *)&found.storage, &found.length) < 0)
        return -errno;
    *address = fitted(found);
    return 0;
}

int rdy_socket_set_value(int fd, int level, int name, const void *value, size_t size)
{
    return setsockopt(fd, level, name, value, (socklen_t)size) < 0 ? -errno : 0;
}

int rdy_socket_value(int fd, int level, int name, void *value, size_t size)
{
    socklen_t length = (socklen_t)size;
    return getsockopt(fd, level, name, value, &length) < 0 ? -errno : 0;
}

int rdy_socket_set_option(int fd, int level, int name, int value)
{
    return rdy_socket_set_value(fd, level, name, &value, sizeof value);
}

int rdy_socket_option(int fd, int level, int name, int *value)
{
    int found = 0;
    int error = rdy_socket_value(fd, level, name, &found, sizeof found);
    if (error == 0)
        *value = found;
    return error;
}

int rdy_socket_set_reuse_port(int fd)
{
#ifdef SO_REUSEPORT
    return rdy_socket_set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1);
#else
    (void)fd;
    return -ENOTSUP;
#endif
}

/* FreeBSD has an option of its own for this; SO_REUSEPORT spreads on Linux (3.9) and DragonFly alone. */
int rdy_socket_set_reuse_port_lb(int fd)
{
#if defined(SO_REUSEPORT_LB)
    return rdy_socket_set_option(fd, SOL_SOCKET, SO_REUSEPORT_LB, 1);
#elif defined(__linux__) || defined(__DragonFly__)
    return rdy_socket_set_reuse_port(fd);
#else
    (void)fd;
    return -ENOTSUP;
#endif
}

/* macOS counts SO_LINGER in ticks and has SO_LINGER_SEC beside it. */
#ifdef SO_LINGER_SEC
enum { LINGER = SO_LINGER_SEC };
#else
enum { LINGER = SO_LINGER };
#endif

int rdy_socket_set_linger(int fd, int seconds)
{
    const struct linger linger = {.l_onoff = seconds >= 0, .l_linger = seconds >= 0 ? seconds : 0};
    return rdy_socket_set_value(fd, SOL_SOCKET, LINGER, &linger, sizeof linger);
}

int rdy_socket_linger(int fd, int *seconds)
{
    struct linger linger = {0};
    int error = rdy_socket_value(fd, SOL_SOCKET, LINGER, &linger, sizeof linger);
    if (error == 0)
        *seconds = linger.l_onoff ? linger.l_linger : -1;
    return error;
}

int rdy_socket_take_error(int fd)
{
    int waiting = 0;
    int error = rdy_socket_option(fd, SOL_SOCKET, SO_ERROR, &waiting);
    return error != 0 ? error : -waiting;
}

int rdy_socket_interface_index(const char *name, unsigned *index)
{
    const unsigned found = if_nametoindex(name);
    if (found == 0)
        return -errno;
    *index = found;
    return 0;
}
