#include "apps/common/peer_list.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "apps/common/hash.h"
#include "apps/common/option.h"
#include "apps/common/peer_parse.h"
#include "reactor/error.h"

enum {
    CAPACITY_AT_FIRST = 16,
    SLOTS_PER_PEER = 2, /* an open-addressed table stays fast while it is at most half full */
};

/*
 * The hash table that finds duplicates lies behind the entries in their block: a slot holds the place of an
 * entry plus 1, or 0. The capacity is a power of two.
 */
static uint32_t *slots_of(peer *peers, size_t capacity)
{
    return (uint32_t *)(void *)(peers + capacity);
}

static bool same_peer(const peer *one, const peer *other)
{
    if (one->host == NULL || other->host == NULL)
        return one->host == other->host && rdy_address_compare(&one->address, &other->address) == 0;
    return one->port == other->port && strcasecmp(one->host, other->host) == 0;
}

/* Over the one spelling that all texts of the same peer share. */
static uint32_t hash_of(const peer *entry)
{
    char text[RDY_ADDRESS_TEXT_MAX];
    if (entry->host != NULL)
        return hash_text(entry->port, entry->host);
    rdy_address_print(&entry->address, text, sizeof text);
    return hash_text(entry->port, text);
}

/* The slot of the entry that is the same peer, or the free one where it would be put. */
static uint32_t *find_slot(peer *peers, size_t capacity, const peer *entry)
{
    uint32_t *slots = slots_of(peers, capacity);
    const size_t mask = capacity * SLOTS_PER_PEER - 1;
    size_t place = hash_of(entry) & mask;
    while (slots[place] != 0 && !same_peer(&peers[slots[place] - 1], entry))
        place = (place + 1) & mask;
    return &slots[place];
}

static int grow(peer_list *list)
{
    const size_t capacity = list->capacity == 0 ? CAPACITY_AT_FIRST : list->capacity * 2;
    peer *peers = calloc(capacity, sizeof(peer) + SLOTS_PER_PEER * sizeof(uint32_t));
    if (peers == NULL)
        return -ENOMEM;
    if (list->count > 0)
        memcpy(peers, list->peers, list->count * sizeof(peer));
    for (size_t i = 0; i < list->count; i++)
        *find_slot(peers, capacity, &peers[i]) = (uint32_t)(i + 1);
    free(list->peers);
    list->peers = peers;
    list->capacity = capacity;
    return 0;
}

/* Takes the entry's memory over on success only. */
static int insert(peer_list *list, const peer *entry, const char *text, uint32_t *slot)
{
    char *copy = strdup(text);
    if (copy == NULL)
        return -ENOMEM;
    *slot = (uint32_t)(list->count + 1);
    list->peers[list->count] = *entry;
    list->peers[list->count++].text = copy;
    return 0;
}

int peer_list_add(peer_list *list, const char *text, uint16_t default_port)
{
    if (list->count == list->capacity && grow(list) < 0)
        return -ENOMEM;
    peer entry = {0};
    int error = peer_parse(text, default_port, &entry);
    if (error < 0)
        return error;
    uint32_t *slot = find_slot(list->peers, list->capacity, &entry);
    const bool is_new = *slot == 0;
    if (is_new)
        error = insert(list, &entry, text, slot);
    if (!is_new || error < 0)
        free(entry.host);
    return error;
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
    const char *expected = peer_parse_expected(error, default_port);
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

int peer_list_read(peer_list *list, FILE *file, const char *name, uint16_t default_port)
{
    char *line = NULL;
    size_t size = 0;
    size_t number = 0;
    int error = 0;
    ssize_t length;
    while (error == 0 && (length = getline(&line, &size, file)) >= 0) {
        const size_t skipped = length_of_byte_order_mark(line, ++number);
        error = add_line(list, line + skipped, (size_t)length - skipped, name, number, default_port);
    }
    if (error == 0 && !feof(file)) {
        complain("%s: %s", name, rdy_error_sentence(errno));
        error = -EIO;
    }
    free(line);
    return error;
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

void peer_list_free(peer_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->peers[i].text);
        free(list->peers[i].host);
    }
    free(list->peers);
    *list = (peer_list){0};
}
