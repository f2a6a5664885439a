#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "apps/common/peer_list.h"
#include "apps/common/unmapped.h"
#include "tests/fuzz/fuzz.h"

/*
 * Whether a network in it may have more than 1024 addresses, by the length of its prefix: a few of a million each are
 * allowed, and slow.
 */
static bool is_large(const char *text, size_t size)
{
    const char *slash = memchr(text, '/', size);
    for (; slash != NULL; slash = memchr(slash + 1, '/', size - (size_t)(slash + 1 - text))) {
        const int bits = isdigit((unsigned char)slash[1]) ? atoi(slash + 1) : 0;
        if ((bits >= 12 && bits < 22) || (bits >= 108 && bits < 118))
            return true;
    }
    return false;
}

static int read_quietly(const char *text, size_t size, uint16_t default_port, peer_list *list)
{
    FILE *const earlier = stderr;
    FILE *nothing = fopen("/dev/null", "w");
    FILE *file = size == 0 ? fopen("/dev/null", "r") : fmemopen((void *)text, size, "r");
    must_hold(nothing != NULL && file != NULL);
    stderr = nothing;
    const int error = peer_list_read(list, file, "fuzz", default_port);
    stderr = earlier;
    fclose(file);
    fclose(nothing);
    return error;
}

static void check_entry(const peer *entry)
{
    const rdy_address plain = unmapped(&entry->address);
    const int family = rdy_address_family(&entry->address);
    must_hold(entry->text != NULL && entry->text[0] != '\0' && entry->port > 0);
    if (entry->host != NULL) {
        must_hold(family == AF_UNSPEC && entry->host[0] != '\0');
        return;
    }
    must_hold(family == AF_INET || family == AF_INET6);
    must_hold(rdy_address_port(&entry->address) == entry->port);
    must_hold(rdy_address_compare(&plain, &entry->address) == 0);
}

/* Every text is read again as the entry that it is of, so none is there twice. */
static void check_list(peer_list *list, uint16_t default_port)
{
    const size_t count = list->count;
    for (size_t i = 0; i < count; i++) {
        check_entry(&list->peers[i]);
        must_hold(peer_list_add(list, list->peers[i].text, default_port) == 0 && list->count == count);
    }
}

/* The first byte decides whether there is a default port. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    peer_list list = {0};
    if (size == 0)
        return 0;
    char *text = malloc(size);
    must_hold(text != NULL);
    memcpy(text, bytes + 1, size - 1);
    text[size - 1] = '\0';
    const bool is_skipped = is_large(text, size - 1);
    const uint16_t default_port = bytes[0] % 2 == 0 ? 0 : 6881;
    const int error = is_skipped ? 0 : read_quietly(text, size - 1, default_port, &list);
    must_hold(error == 0 || error == -EINVAL || error == -ERANGE || error == -E2BIG);
    check_list(&list, default_port);
    const size_t count = list.count;
    peer_list_keep_shard(&list, 2, 3);
    must_hold(list.count == (count + 1) / 3);
    must_hold(peer_list_keep_family(&list, AF_INET6) <= (count + 1) / 3);
    check_list(&list, default_port);
    peer_list_free(&list);
    free(text);
    return is_skipped ? -1 : 0;
}
