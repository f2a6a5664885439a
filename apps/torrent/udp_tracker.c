#include "apps/torrent/udp_tracker.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum action { ACTION_CONNECT = 0, ACTION_ANNOUNCE = 1, ACTION_ERROR = 3 };

/* Where things are in answers. */
enum {
    TRANSACTION_AT = 4,
    BODY_AT = 8,
    CONNECTED_SIZE = 16,
    LEECHERS_AT = 12,
    SEEDERS_AT = 16,
    PEERS_AT = 20,
};

enum { PEER_ID_SIZE = 20 };

/* Options of BEP 41; of each the length of its data follows in a byte. */
enum { OPTION_URL_DATA = 2, OPTION_DATA_MAX = 255 };

static const uint64_t protocol_id = UINT64_C(0x41727101980); /* every question for a connection begins so */

static uint8_t *put_bytes(uint8_t *to, const void *bytes, size_t size)
{
    memcpy(to, bytes, size);
    return to + size;
}

static uint8_t *put_32(uint8_t *to, uint32_t number)
{
    const uint8_t bytes[] = {(uint8_t)(number >> 24), (uint8_t)(number >> 16), (uint8_t)(number >> 8),
                             (uint8_t)number};
    return put_bytes(to, bytes, sizeof bytes);
}

static uint8_t *put_64(uint8_t *to, uint64_t number)
{
    return put_32(put_32(to, (uint32_t)(number >> 32)), (uint32_t)number);
}

static uint8_t *put_16(uint8_t *to, uint16_t number)
{
    *to++ = (uint8_t)(number >> 8);
    *to++ = (uint8_t)number;
    return to;
}

static uint32_t get_32(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static uint64_t get_64(const uint8_t *bytes)
{
    return (uint64_t)get_32(bytes) << 32 | get_32(bytes + 4);
}

void udp_tracker_make_connect(uint32_t transaction_id, uint8_t packet[UDP_TRACKER_CONNECT_SIZE])
{
    put_32(put_32(put_64(packet, protocol_id), ACTION_CONNECT), transaction_id);
}

/* The end of a packet ends its options, too. */
static uint8_t *put_path(uint8_t *to, const char *path, size_t length)
{
    while (length > 0) {
        const size_t size = length < OPTION_DATA_MAX ? length : OPTION_DATA_MAX;
        *to++ = OPTION_URL_DATA;
        *to++ = (uint8_t)size;
        to = put_bytes(to, path, size);
        path += size;
        length -= size;
    }
    return to;
}

ptrdiff_t udp_tracker_make_announce(const struct udp_tracker_announce *announce,
                                    uint8_t packet[UDP_TRACKER_ANNOUNCE_MAX])
{
    const size_t path_length = announce->path == NULL ? 0 : strlen(announce->path);
    if (path_length > UDP_TRACKER_PATH_MAX)
        return -ENAMETOOLONG;
    uint8_t *end = put_64(packet, announce->connection_id);
    end = put_32(end, ACTION_ANNOUNCE);
    end = put_32(end, announce->transaction_id);
    end = put_bytes(end, announce->info_hash, INFO_HASH_SIZE);
    end = put_bytes(end, announce->peer_id, PEER_ID_SIZE);
    end = put_64(end, announce->downloaded);
    end = put_64(end, announce->left);
    end = put_64(end, announce->uploaded);
    end = put_32(end, announce->event);
    end = put_32(end, 0); /* the address: the one that the packet comes from */
    end = put_32(end, announce->key);
    end = put_32(end, (uint32_t)announce->numwant);
    end = put_16(end, announce->port);
    return put_path(end, announce->path, path_length) - packet;
}

static int refuse(struct format_error *error, size_t offset, const char *expected)
{
    *error = (struct format_error){offset, expected};
    return -EINVAL;
}

/* What an answer begins with: 1 if its body is there for the taking, 0 if it is a failure, which was copied. */
static int read_head(const uint8_t *packet, size_t size, uint32_t transaction_id, enum action action,
                     char **failure, struct format_error *error)
{
    if (size < BODY_AT || get_32(packet + TRANSACTION_AT) != transaction_id)
        return -EAGAIN;
    if (get_32(packet) == (uint32_t)action)
        return 1;
    if (get_32(packet) != ACTION_ERROR)
        return refuse(error, 0, "the action that was asked for, or 3 for an error");
    *failure = strndup((const char *)packet + BODY_AT, size - BODY_AT);
    return *failure == NULL ? -ENOMEM : 0;
}

int udp_tracker_read_connect(const void *packet, size_t size, uint32_t transaction_id,
                             struct udp_tracker_connection *connection, struct format_error *error)
{
    struct udp_tracker_connection result = {0};
    const int status = read_head(packet, size, transaction_id, ACTION_CONNECT, &result.failure, error);
    if (status < 0)
        return status;
    if (status > 0 && size < CONNECTED_SIZE)
        return refuse(error, size, "16 bytes of an answer to a connect");
    if (status > 0)
        result.id = get_64((const uint8_t *)packet + BODY_AT);
    *connection = result;
    return 0;
}

static int read_peers(const uint8_t *packet, size_t size, int family, struct tracker_reply *reply,
                      struct format_error *error)
{
    const size_t peer_size = tracker_reply_peer_size(family);
    if (size == BODY_AT) /* opentracker */
        return refuse(error, size, "an answer with a body: this tracker may not know the torrent");
    if (size < PEERS_AT)
        return refuse(error, size, "at least 20 bytes of an answer to an announce");
    if ((size - PEERS_AT) % peer_size != 0)
        return refuse(error, PEERS_AT,
                      family == AF_INET6 ? "peers of 18 bytes each" : "peers of 6 bytes each");
    reply->interval_s = get_32(packet + BODY_AT);
    reply->incomplete = get_32(packet + LEECHERS_AT);
    reply->complete = get_32(packet + SEEDERS_AT);
    return tracker_reply_add_compact(reply, family, packet + PEERS_AT, (size - PEERS_AT) / peer_size);
}

int udp_tracker_read_announce(const void *packet, size_t size, uint32_t transaction_id, int family,
                              struct tracker_reply *reply, struct format_error *error)
{
    struct tracker_reply result = tracker_reply_empty();
    int status = read_head(packet, size, transaction_id, ACTION_ANNOUNCE, &result.failure, error);
    if (status > 0)
        status = read_peers(packet, size, family, &result, error);
    if (status == 0)
        *reply = result;
    else
        tracker_reply_free(&result);
    return status;
}
