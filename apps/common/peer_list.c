#include "apps/common/peer_list.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "apps/common/address_bytes.h"
#include "apps/common/hash.h"
#include "apps/common/option.h"
#include "apps/common/peer_network.h"
#include "apps/common/peer_parse.h"
#include "apps/common/unmapped.h"
#include "reactor/error.h"

enum {
    CAPACITY_AT_FIRST = 16,
    LINE_MOST = 4096, /* bytes of a line, far more than the longest peer takes */
};

static bool same_peer(const peer *one, const peer *other)
{
    if (one->host == NULL || other->host == NULL)
        return one->host == other->host && rdy_address_compare(&one->address, &other->address) == 0;
    return one->port == other->port && strcasecmp(one->host, other->host) == 0;
}

static uint32_t hash_of(const peer *entry)
{
    uint8_t bytes[ADDRESS_BYTES_MAX];
    if (entry->host != NULL)
        return hash_text(entry->port, entry->host);
    return hash_bytes(entry->port, bytes, address_get_bytes(&entry->address, bytes));
}

/* The slot of the entry that is the same peer, or the free one where it would be put. */
static uint32_t *find_slot(const peer_list *list, const peer *entry)
{
    const size_t mask = list->slot_count - 1;
    size_t place = hash_of(entry) & mask;
    while (list->slots[place] != 0 && !same_peer(&list->peers[list->slots[place] - 1], entry))
        place = (place + 1) & mask;
    return &list->slots[place];
}

static void fill_slots(peer_list *list)
{
    memset(list->slots, 0, list->slot_count * sizeof *list->slots);
    for (size_t i = 0; i < list->count; i++)
        *find_slot(list, &list->peers[i]) = (uint32_t)(i + 1);
}

/* An open-addressed table stays fast while a third of it is free. */
static int grow_slots(peer_list *list, size_t entries)
{
    size_t slot_count = list->slot_count == 0 ? CAPACITY_AT_FIRST : list->slot_count;
    while (slot_count / 3 * 2 < entries)
        slot_count *= 2;
    if (slot_count == list->slot_count)
        return 0;
    uint32_t *slots = realloc(list->slots, slot_count * sizeof *slots);
    if (slots == NULL)
        return -ENOMEM;
    list->slots = slots;
    list->slot_count = slot_count;
    fill_slots(list);
    return 0;
}

/* Makes room for so many more: just that for many at once. */
static int reserve(peer_list *list, size_t more)
{
    const size_t needed = list->count + more;
    const size_t half_more = list->capacity + list->capacity / 2;
    if (needed >= UINT32_MAX || grow_slots(list, needed) < 0)
        return -ENOMEM;
    if (needed <= list->capacity)
        return 0;
    size_t capacity = half_more > CAPACITY_AT_FIRST ? half_more : CAPACITY_AT_FIRST;
    if (capacity < needed)
        capacity = needed;
    peer *peers = capacity > SIZE_MAX / sizeof *peers ? NULL : realloc(list->peers, capacity * sizeof *peers);
    if (peers == NULL)
        return -ENOMEM;
    list->peers = peers;
    list->capacity = capacity;
    return 0;
}

/* 1 if the peer is new: its host is the list's then; 0 if it is there already, -ENOMEM. There is room. */
static int insert(peer_list *list, const peer *entry, const char *text)
{
    uint32_t *slot = find_slot(list, entry);
    if (*slot != 0)
        return 0;
    const char *copy = text_pool_add(&list->texts, text);
    if (copy == NULL)
        return -ENOMEM;
    list->peers[list->count] = *entry;
    list->peers[list->count++].text = copy;
    *slot = (uint32_t)list->count;
    return 1;
}

int peer_list_add_address(peer_list *list, const rdy_address *address)
{
    char text[RDY_ADDRESS_TEXT_MAX];
    const peer entry = {.address = unmapped(address), .port = rdy_address_port(address)};
    if (reserve(list, 1) < 0)
        return -ENOMEM;
    rdy_address_print(&entry.address, text, sizeof text);
    const int added = insert(list, &entry, text);
    return added < 0 ? added : 0;
}

static int add_network(peer_list *list, const char *text, uint16_t default_port)
{
    peer_network network;
    int error = peer_network_parse(text, default_port, &network);
    if (error == 0)
        error = reserve(list, network.count);
    for (size_t i = 0; error == 0 && i < network.count; i++) {
        const rdy_address address = peer_network_address(&network, i);
        error = peer_list_add_address(list, &address);
    }
    return error;
}

int peer_list_add(peer_list *list, const char *text, uint16_t default_port)
{
    if (strchr(text, '/') != NULL)
        return add_network(list, text, default_port);
    peer entry = {0};
    const int error = peer_parse(text, default_port, &entry);
    if (error < 0)
        return error;
    const int added = reserve(list, 1) < 0 ? -ENOMEM : insert(list, &entry, text);
    if (added <= 0)
        free(entry.host);
    return added < 0 ? added : 0;
}

/* Cuts the comment and the white space at both ends off. */
static char *trimmed(char *line)
{
    line[strcspn(line, "#")] = '\0';
    line += strspn(line, " \t\r\n");
    size_t length = strlen(line);
    while (length > 0 && strchr(" \t\r\n", line[length - 1]) != NULL)
        length--;
    line[length] = '\0';
    return line;
}

static int add_line(peer_list *list, char *line, size_t length, const char *name, size_t number,
                    uint16_t default_port)
{
    if (strlen(line) != length) {
        complain("%s:%zu: a NUL byte", name, number);
        return -EINVAL;
    }
    char *text = trimmed(line);
    const int error = *text == '\0' ? 0 : peer_list_add(list, text, default_port);
    const char *expected = peer_parse_expected(error, text, default_port);
    if (expected != NULL)
        complain("%s:%zu: expected %s, not '%s'", name, number, expected, text);
    else if (error < 0)
        complain("%s:%zu: %s", name, number, rdy_error_sentence(error));
    return error;
}

/* Some editors begin a file with it. */
static size_t length_of_byte_order_mark(const char *line, size_t number)
{
    static const char mark[] = "\xEF\xBB\xBF";
    return number == 1 && strncmp(line, mark, sizeof mark - 1) == 0 ? sizeof mark - 1 : 0;
}

/* Reads a line without its end: 1, 0 if there is none left, -E2BIG for one that is too long, -ENOMEM, -EIO. */
static int read_line(FILE *file, char line[LINE_MOST + 1], size_t *length)
{
    size_t count = 0;
    int byte;
    flockfile(file); /* once for all bytes */
    while ((byte = getc_unlocked(file)) != EOF && byte != '\n' && count < LINE_MOST)
        line[count++] = (char)byte;
    funlockfile(file);
    if (byte == EOF && ferror(file))
        return errno == ENOMEM ? -ENOMEM : -EIO;
    if (byte != EOF && byte != '\n')
        return -E2BIG;
    line[count] = '\0';
    *length = count;
    return byte == '\n' || count > 0;
}

static int complain_of_reading(int error, const char *name, size_t number)
{
    if (error != -E2BIG) {
        complain("%s: %s", name, rdy_error_sentence(errno));
        return error;
    }
    complain("%s:%zu: a line of more than %d bytes", name, number, LINE_MOST);
    return -EINVAL;
}

int peer_list_read(peer_list *list, FILE *file, const char *name, uint16_t default_port)
{
    char line[LINE_MOST + 1];
    size_t length;
    for (size_t number = 1;; number++) {
        int error = read_line(file, line, &length);
        if (error <= 0)
            return error == 0 ? 0 : complain_of_reading(error, name, number);
        const size_t skipped = length_of_byte_order_mark(line, number);
        error = add_line(list, line + skipped, length - skipped, name, number, default_port);
        if (error < 0)
            return error;
    }
}

int peer_list_read_path(peer_list *list, const char *path, uint16_t default_port)
{
    if (strcmp(path, "-") == 0)
        return peer_list_read(list, stdin, "standard input", default_port);
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        const int error = -errno;
        complain("%s: %s", path, rdy_error_sentence(error));
        return error;
    }
    const int error = peer_list_read(list, file, path, default_port);
    (void)fclose(file);
    return error;
}

/* Goes through the entries and keeps those for which `is_kept` says so; returns how many it dropped. */
static size_t keep(peer_list *list, bool (*is_kept)(const peer *entry, size_t place, const void *context),
                   const void *context)
{
    const size_t count = list->count;
    list->count = 0;
    for (size_t place = 0; place < count; place++) {
        if (is_kept(&list->peers[place], place, context))
            list->peers[list->count++] = list->peers[place];
        else
            free(list->peers[place].host);
    }
    if (list->slots != NULL)
        fill_slots(list);
    return count - list->count;
}

typedef struct shard {
    size_t index;
    size_t count;
} shard;

static bool is_of_shard(const peer *entry, size_t place, const void *context)
{
    const shard *wanted = context;
    (void)entry;
    return place % wanted->count == wanted->index - 1;
}

void peer_list_keep_shard(peer_list *list, size_t index, size_t count)
{
    const shard wanted = {.index = index, .count = count};
    (void)keep(list, is_of_shard, &wanted);
}

static bool is_of_family(const peer *entry, size_t place, const void *context)
{
    const int *wanted = context;
    (void)place;
    return entry->host != NULL || rdy_address_family(&entry->address) == *wanted;
}

size_t peer_list_keep_family(peer_list *list, int family)
{
    return keep(list, is_of_family, &family);
}

void peer_list_free(peer_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->peers[i].host);
    free(list->peers);
    free(list->slots);
    text_pool_free(&list->texts);
    *list = (peer_list){0};
}
