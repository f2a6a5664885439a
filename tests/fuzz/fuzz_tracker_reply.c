#include <errno.h>
#include <string.h>

#include "apps/torrent/tracker_reply.h"
#include "apps/torrent/udp_tracker.h"
#include "tests/fuzz/fuzz.h"

static void check_reply(const struct tracker_reply *reply)
{
    must_hold(reply->failure == NULL || reply->address_count + reply->name_count == 0);
    must_hold(reply->interval_s >= -1 && reply->complete >= -1 && reply->incomplete >= -1);
    for (size_t i = 0; i < reply->address_count; i++)
        must_hold(rdy_address_port(&reply->addresses[i]) != 0);
    for (size_t i = 0; i < reply->name_count; i++)
        must_hold(reply->names[i].port != 0 && reply->names[i].host[0] != '\0');
}

/* What a reader said, and did, with the same bytes. */
static void check_result(int status, struct tracker_reply *reply, const struct format_error *error)
{
    if (status == 0)
        check_reply(reply);
    else
        must_hold(reply->addresses == NULL && reply->names == NULL && reply->failure == NULL);
    must_hold((status == -EINVAL) == (error->expected != NULL));
    tracker_reply_free(reply);
}

static void read_http(const uint8_t *bytes, size_t size)
{
    struct tracker_reply reply = {0};
    struct format_error error = {0, NULL};
    const int status = tracker_reply_parse(bytes, size, &reply, &error);
    must_hold(error.offset <= size);
    check_result(status, &reply, &error);
}

static void read_announce(const uint8_t *bytes, size_t size, uint32_t transaction_id, int family)
{
    struct tracker_reply reply = {0};
    struct format_error error = {0, NULL};
    const int status = udp_tracker_read_announce(bytes, size, transaction_id, family, &reply, &error);
    must_hold(error.offset <= size);
    check_result(status, &reply, &error);
}

static void read_connect(const uint8_t *bytes, size_t size, uint32_t transaction_id)
{
    struct udp_tracker_connection connection = {0};
    struct format_error error = {0, NULL};
    const int status = udp_tracker_read_connect(bytes, size, transaction_id, &connection, &error);
    must_hold((status == -EINVAL) == (error.expected != NULL));
    free(connection.failure);
}

/* The seeds of UDP carry it: a packet of another one is not looked at. */
static const uint32_t transaction_id = 0x74727564;

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    read_http(bytes, size);
    read_connect(bytes, size, transaction_id);
    read_announce(bytes, size, transaction_id, AF_INET);
    read_announce(bytes, size, transaction_id, AF_INET6);
    return 0;
}
