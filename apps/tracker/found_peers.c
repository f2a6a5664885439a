#include "apps/tracker/found_peers.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "apps/common/address_bytes.h"
#include "apps/common/unmapped.h"
#include "apps/tracker/tracker_note.h"

enum {
    NAME_MAX_TEXT = 253 + sizeof ":65535", /* RFC 1035 */
    LINE_MAX_TEXT = 1024,
};

/* Not of whoever connects, as 0.0.0.0 is and all that begins so, not of many, and not reserved (RFC 6890). */
static bool is_of_one_host(const rdy_address *address)
{
    static const uint8_t unspecified[ADDRESS_BYTES_MAX];
    uint8_t bytes[ADDRESS_BYTES_MAX] = {0};
    if (address_get_bytes(address, bytes) < sizeof bytes)
        return bytes[0] != 0 && bytes[0] < 224;
    return memcmp(bytes, unspecified, sizeof bytes) != 0 && bytes[0] != 0xFF;
}

static int add_address(const rdy_address *named, const struct own_port *own, int family, peer_list *peers,
                       struct found_peers *found)
{
    const rdy_address address = unmapped(named); /* what is connected to */
    if (own_port_is(own, &address)) {
        found->ourselves++;
        return 0;
    }
    if (!is_of_one_host(&address) || (family != AF_UNSPEC && rdy_address_family(&address) != family)) {
        found->useless++;
        return 0;
    }
    found->count++;
    return peer_list_add_address(peers, &address);
}

/* It has been checked: it is no network, nor anything else that the list would take. */
static int add_name(const struct tracker_name *name, peer_list *peers, struct found_peers *found)
{
    char text[NAME_MAX_TEXT];
    snprintf(text, sizeof text, "%s:%u", name->host, name->port);
    found->count++;
    return peer_list_add(peers, text, 0);
}

int found_peers_add(const struct tracker_reply *reply, struct own_port *own, int family, peer_list *peers,
                    struct found_peers *found)
{
    *found = (struct found_peers){.useless = reply->skipped};
    int error = own_port_add(own, &reply->external);
    for (size_t i = 0; i < reply->address_count && error == 0; i++)
        error = add_address(&reply->addresses[i], own, family, peers, found);
    for (size_t i = 0; i < reply->name_count && error == 0; i++)
        error = add_name(&reply->names[i], peers, found);
    return error;
}

/* Cuts what has no room. */
static void append(char line[LINE_MAX_TEXT], const char *format, ...) __attribute__((format(printf, 2, 3)));

static void append(char line[LINE_MAX_TEXT], const char *format, ...)
{
    const size_t length = strlen(line);
    va_list arguments;
    va_start(arguments, format);
    /* clang 14 takes va_start for no initialization. NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized) */
    (void)vsnprintf(line + length, LINE_MAX_TEXT - length, format, arguments);
    va_end(arguments);
}

void found_peers_tell(const struct found_peers *found, const struct tracker_reply *reply, const char *url)
{
    char line[LINE_MAX_TEXT] = "";
    append(line, "%zu peer%s", found->count, found->count == 1 ? "" : "s");
    if (found->ourselves > 0)
        append(line, " beside ourselves");
    if (found->useless > 0)
        append(line, ", %zu of no use", found->useless);
    if (reply->complete >= 0)
        append(line, ", %" PRId64 " seeder%s", reply->complete, reply->complete == 1 ? "" : "s");
    if (reply->incomplete >= 0)
        append(line, ", %" PRId64 " leecher%s", reply->incomplete, reply->incomplete == 1 ? "" : "s");
    if (reply->warning != NULL)
        append(line, "; warning: %s", reply->warning);
    tracker_note(url, line);
}
