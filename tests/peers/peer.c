#include "tests/peers/peer.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>

#include "tests/peers/fail.h"

static const uint32_t first_network = 127u << 24 | 77u << 16;

/* Neither .0 nor .255: they look like a network's own addresses. */
static in_addr_t loopback_address(size_t number)
{
    enum { HOSTS = 254 };
    return htonl(first_network + (uint32_t)(number / HOSTS << 8) + (uint32_t)(number % HOSTS) + 1);
}

static void choose_address(struct peer *peer, bool ipv6)
{
    if (ipv6) {
        peer->address.v6 = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_addr = in6addr_loopback};
        peer->address_size = sizeof(peer->address.v6);
    } else {
        peer->address.v4 = (struct sockaddr_in){.sin_family = AF_INET};
        peer->address.v4.sin_addr.s_addr = loopback_address(peer->number);
        peer->address_size = sizeof(peer->address.v4);
    }
}

int peer_make_socket(const struct peer *peer)
{
    const int descriptor = socket(peer->address.any.sa_family, SOCK_STREAM, 0);
    if (descriptor < 0 || fcntl(descriptor, F_SETFL, O_NONBLOCK) < 0)
        fail("socket");
    return descriptor;
}

/* A port that is bound but not listened on answers RST, and nobody else can take it meanwhile. */
static void start_to_listen(const struct peer *peer)
{
    if (peer->kind == PEER_REFUSED)
        return;
    if (listen(peer->socket, peer->kind == PEER_UNRESPONSIVE ? 0 : SOMAXCONN) < 0)
        fail("listen");
}

void peer_open(struct peer *peer, bool ipv6)
{
    choose_address(peer, ipv6);
    peer->socket = peer_make_socket(peer);
    if (bind(peer->socket, &peer->address.any, peer->address_size) < 0)
        fail("bind");
    if (getsockname(peer->socket, &peer->address.any, &peer->address_size) < 0)
        fail("getsockname");
    start_to_listen(peer);
}

/* A silent one's connections stay in its queue, where the system lets them stand. */
bool peer_is_served(const struct peer *peer)
{
    return peer->kind != PEER_REFUSED && peer->kind != PEER_UNRESPONSIVE && peer->kind != PEER_SILENT;
}

void peer_print(const struct peer *peer)
{
    char host[INET6_ADDRSTRLEN];
    if (peer->address.any.sa_family == AF_INET6) {
        (void)inet_ntop(AF_INET6, &peer->address.v6.sin6_addr, host, sizeof(host));
        (void)printf("[%s]:%u %s\n", host, ntohs(peer->address.v6.sin6_port), behaviour_of(peer->kind)->name);
    } else {
        (void)inet_ntop(AF_INET, &peer->address.v4.sin_addr, host, sizeof(host));
        (void)printf("%s:%u %s\n", host, ntohs(peer->address.v4.sin_port), behaviour_of(peer->kind)->name);
    }
}
