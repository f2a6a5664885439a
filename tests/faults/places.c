#include "tests/faults/places.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/faults/scene.h"

enum { MOST = 4 };

static int held[MOST], held_count;

static int hold_socket(void)
{
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    REQUIRE(fd >= 0 && held_count < MOST);
    held[held_count++] = fd;
    return fd;
}

/* Linux has all of 127.0.0.0/8: one of its own, for sockets that may share an address may be given the same port. */
rdy_address place_of_loopback(void)
{
#ifdef __linux__
    const uint32_t process = (uint32_t)getpid();
    const uint8_t host[] = {127, (uint8_t)(1 + (process >> 16)), (uint8_t)(process >> 8), (uint8_t)process};
    return rdy_address_ipv4(host, 0);
#else
    return rdy_address_ipv4((const uint8_t[]){127, 0, 0, 1}, 0);
#endif
}

rdy_address place_of_name(void)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    rdy_address address = {.length = sizeof name};
    (void)snprintf(name.sun_path + 1, sizeof name.sun_path - 1, "rdy-faults-%ld", (long)getpid());
    memcpy(&address.storage, &name, sizeof name);
    return address;
}

static void bind_to_loopback(int fd, rdy_address *address)
{
    *address = place_of_loopback();
    REQUIRE(bind(fd, (struct sockaddr *)&address->storage, address->length) == 0);
    REQUIRE(getsockname(fd, (struct sockaddr *)&address->storage, &address->length) == 0);
}

rdy_address place_of_nobody(void)
{
    rdy_address address;
    bind_to_loopback(hold_socket(), &address);
    return address;
}

/* A queue of 0 has room for one (listen(2)); Linux drops the connects behind it. */
void place_full_listener(rdy_address *address)
{
    const int listener = hold_socket();
    bind_to_loopback(listener, address);
    REQUIRE(listen(listener, 0) == 0);
    for (int i = 0; i < 2; i++)
        (void)connect(hold_socket(), (struct sockaddr *)&address->storage, address->length);
}

void place_close(void)
{
    while (held_count > 0)
        close(held[--held_count]);
}
