#include "apps/torrent/tracker_reply.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "apps/common/peer_parse.h"
#include "apps/torrent/bencode.h"

enum { IPV4_SIZE = 4, IPV6_SIZE = 16, PORT_SIZE = 2 };

struct reader {
    const uint8_t *start;
    struct format_error *error;
};

static int refuse(struct reader *reader, struct bencode value, const char *expected)
{
    *reader->error = (struct format_error){(size_t)(value.bytes - reader->start), expected};
    return -EINVAL;
}

struct tracker_reply tracker_reply_empty(void)
{
    return (struct tracker_reply){.interval_s = -1, .min_interval_s = -1, .complete = -1, .incomplete = -1};
}

size_t tracker_reply_peer_size(int family)
{
    return family == AF_INET6 ? IPV6_SIZE + PORT_SIZE : IPV4_SIZE + PORT_SIZE;
}

static rdy_address address_of(int family, const uint8_t *bytes, uint16_t port)
{
    return family == AF_INET6 ? rdy_address_ipv6(bytes, port) : rdy_address_ipv4(bytes, port);
}

static void add_address(struct tracker_reply *reply, const rdy_address *address)
{
    if (rdy_address_port(address) == 0)
        reply->skipped++;
    else
        reply->addresses[reply->address_count++] = *address;
}

static int reserve_addresses(struct tracker_reply *reply, size_t more)
{
    if (more == 0)
        return 0;
    rdy_address *addresses = realloc(reply->addresses, (reply->address_count + more) * sizeof *addresses);
    if (addresses == NULL)
        return -ENOMEM;
    reply->addresses = addresses;
    return 0;
}

int tracker_reply_add_compact(struct tracker_reply *reply, int family, const uint8_t *bytes, size_t count)
{
    const size_t size = tracker_reply_peer_size(family);
    if (reserve_addresses(reply, count) < 0)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++, bytes += size) {
        const uint8_t *port = bytes + size - PORT_SIZE;
        const rdy_address address = address_of(family, bytes, (uint16_t)(port[0] << 8 | port[1]));
        add_address(reply, &address);
    }
    return 0;
}

static int read_compact(struct reader *reader, struct bencode value, int family, const char *expected,
                        struct tracker_reply *reply)
{
    struct bencode_text peers;
    const size_t size = tracker_reply_peer_size(family);
    if (!bencode_string(value, &peers) || peers.size % size != 0)
        return refuse(reader, value, expected);
    return tracker_reply_add_compact(reply, family, peers.bytes, peers.size / size);
}

/* Room for any host name (RFC 1035) and any address; what is longer is neither. */
enum { HOST_MAX = 255 };

/* There is room for it in both arrays. */
static int add_host(struct tracker_reply *reply, struct bencode_text ip, uint16_t port)
{
    char host[HOST_MAX + 1] = "";
    peer entry = {0};
    if (ip.size <= HOST_MAX && memchr(ip.bytes, '\0', ip.size) == NULL)
        memcpy(host, ip.bytes, ip.size);
    const int error = peer_parse(host, port, &entry);
    if (error == -ENOMEM)
        return error;
    if (error == 0 && entry.port == port && entry.host != NULL) {
        reply->names[reply->name_count++] = (struct tracker_name){entry.host, port};
    } else if (error == 0 && entry.port == port) {
        reply->addresses[reply->address_count++] = entry.address;
    } else {
        reply->skipped++; /* also an "ip" with a port of its own */
        free(entry.host);
    }
    return 0;
}

static int read_peer(struct reader *reader, struct bencode entry, struct tracker_reply *reply)
{
    struct bencode value;
    struct bencode_text ip;
    int64_t port;
    if (!bencode_find(entry, "ip", &value) || !bencode_string(value, &ip))
        return refuse(reader, entry, "a peer with a string 'ip'");
    if (!bencode_find(entry, "port", &value) || !bencode_integer(value, &port))
        return refuse(reader, entry, "a peer with an integer 'port'");
    if (port >= 1 && port <= UINT16_MAX)
        return add_host(reply, ip, (uint16_t)port);
    reply->skipped++;
    return 0;
}

static int read_dicts(struct reader *reader, struct bencode list, struct tracker_reply *reply)
{
    struct bencode_walk walk = bencode_walk(list);
    struct bencode entry;
    const size_t count = bencode_count(list);
    int error = 0;
    reply->names = count == 0 ? NULL : calloc(count, sizeof *reply->names);
    if ((count > 0 && reply->names == NULL) || reserve_addresses(reply, count) < 0)
        return -ENOMEM;
    while (error == 0 && bencode_next(&walk, &entry))
        error = read_peer(reader, entry, reply);
    return error;
}

static int read_peers(struct reader *reader, struct bencode root, struct tracker_reply *reply)
{
    struct bencode peers;
    struct bencode peers6;
    const bool has_peers = bencode_find(root, "peers", &peers);
    const bool has_peers6 = bencode_find(root, "peers6", &peers6);
    int error = 0;
    if (!has_peers && !has_peers6)
        return refuse(reader, root, "a key 'peers', 'peers6' or 'failure reason'");
    if (has_peers && bencode_is_list(peers))
        error = read_dicts(reader, peers, reply);
    else if (has_peers)
        error = read_compact(reader, peers, AF_INET, "'peers' of 6 bytes each, or a list", reply);
    if (error == 0 && has_peers6)
        error = read_compact(reader, peers6, AF_INET6, "'peers6' of 18 bytes each", reply);
    return error;
}

/* Up to the first NUL. *text stays NULL if the key is not there. */
static int read_text(struct bencode root, const char *key, char **text)
{
    struct bencode value;
    struct bencode_text found;
    if (!bencode_find(root, key, &value) || !bencode_string(value, &found))
        return 0;
    *text = strndup((const char *)found.bytes, found.size);
    return *text == NULL ? -ENOMEM : 0;
}

static int64_t read_number(struct bencode root, const char *key)
{
    struct bencode value;
    int64_t number;
    const bool is_there = bencode_find(root, key, &value) && bencode_integer(value, &number);
    return is_there && number >= 0 ? number : -1;
}

static rdy_address read_external(struct bencode root)
{
    struct bencode value;
    struct bencode_text ip;
    const bool is_there = bencode_find(root, "external ip", &value) && bencode_string(value, &ip);
    if (is_there && ip.size == IPV4_SIZE)
        return rdy_address_ipv4(ip.bytes, 0);
    if (is_there && ip.size == IPV6_SIZE)
        return rdy_address_ipv6(ip.bytes, 0);
    return (rdy_address){0};
}

static int read_root(struct reader *reader, struct bencode root, struct tracker_reply *reply)
{
    if (!bencode_is_dict(root))
        return refuse(reader, root, "a dictionary");
    int error = read_text(root, "warning message", &reply->warning);
    if (error == 0)
        error = read_text(root, "failure reason", &reply->failure);
    if (error < 0 || reply->failure != NULL)
        return error;
    reply->interval_s = read_number(root, "interval");
    reply->min_interval_s = read_number(root, "min interval");
    reply->complete = read_number(root, "complete");
    reply->incomplete = read_number(root, "incomplete");
    reply->external = read_external(root);
    error = read_text(root, "tracker id", &reply->tracker_id);
    return error == 0 ? read_peers(reader, root, reply) : error;
}

int tracker_reply_parse(const void *bytes, size_t size, struct tracker_reply *reply,
                        struct format_error *error)
{
    struct bencode root;
    if (size > TRACKER_REPLY_SIZE_MAX)
        return -EMSGSIZE;
    if (bencode_check(bytes, size, BENCODE_ANY_ORDER, &root, error) < 0)
        return -EINVAL;
    struct reader reader = {.start = bytes, .error = error};
    struct tracker_reply result = tracker_reply_empty();
    const int status = read_root(&reader, root, &result);
    if (status == 0)
        *reply = result;
    else
        tracker_reply_free(&result);
    return status;
}

void tracker_reply_free(struct tracker_reply *reply)
{
    if (reply == NULL)
        return;
    for (size_t i = 0; i < reply->name_count; i++)
        free(reply->names[i].host);
    free(reply->names);
    free(reply->addresses);
    free(reply->failure);
    free(reply->warning);
    free(reply->tracker_id);
    *reply = (struct tracker_reply){0};
}
