#include "apps/common/peer_list.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "apps/common/option.h"
#include "reactor/error.h"

enum {
    CAPACITY_AT_FIRST = 16,
    SLOTS_PER_PEER = 2, /* an open-addressed table stays fast while it is at most half full */
    HOST_MAX = 253,     /* RFC 1035, in text */
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

/* FNV-1a over the one spelling that all texts of the same peer share. */
static uint32_t hash_of(const peer *entry)
{
    char text[RDY_ADDRESS_TEXT_MAX];
    const char *name = entry->host;
    if (name == NULL) {
        rdy_address_print(&entry->address, text, sizeof text);
        name = text;
    }
    uint32_t hash = UINT32_C(2166136261) ^ entry->port;
    for (; *name != '\0'; name++)
        hash = (hash ^ (uint32_t)tolower((unsigned char)*name)) * UINT32_C(16777619);
    return hash;
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

static bool parse_port(const char *text, uint16_t *port)
{
    unsigned long value = 0;
    const char *digit = text;
    for (; isdigit((unsigned char)*digit) && value <= UINT16_MAX; digit++)
        value = value * 10 + (unsigned long)(*digit - '0');
    if (*digit != '\0' || value > UINT16_MAX)
        return false;
    *port = (uint16_t)value;
    return true;
}

/*
 * Letters, digits, '-', '_' and '.'. A name whose last label is a number would be a mistyped IPv4 address,
 * which getaddrinfo(3) may read in ways nobody expects ("1.2.259", RFC 3696 section 2).
 */
static bool is_host_name(const char *host)
{
    const size_t length = strlen(host);
    const size_t legal = strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.");
    if (length == 0 || length > HOST_MAX || legal != length || host[0] == '.' || host[0] == '-')
        return false;
    const char *dot = strrchr(host, '.');
    const char *label = dot == NULL ? host : dot + 1;
    return *label == '\0' || label[strspn(label, "0123456789")] != '\0';
}

static bool parse_address(const char *text, peer *entry)
{
    rdy_address address;
    if (rdy_address_parse(text, &address) < 0 || rdy_address_family(&address) == AF_UNIX ||
        rdy_address_port(&address) == 0)
        return false;
    entry->address = address;
    entry->port = rdy_address_port(&address);
    return true;
}

/* An address that came without its port; IPv6 then also without its brackets. */
static bool parse_bare_address(const char *text, uint16_t port, peer *entry)
{
    char whole[RDY_ADDRESS_TEXT_MAX];
    const bool wants_brackets = text[0] != '[' && strchr(text, ':') != NULL;
    const int length = snprintf(whole, sizeof whole, wants_brackets ? "[%s]:%u" : "%s:%u", text, port);
    return length < (int)sizeof whole && parse_address(whole, entry);
}

static int parse_name(const char *text, uint16_t default_port, peer *entry)
{
    const char *colon = strchr(text, ':');
    entry->port = default_port;
    if (colon != NULL && !parse_port(colon + 1, &entry->port))
        return -EINVAL;
    char *host = colon == NULL ? strdup(text) : strndup(text, (size_t)(colon - text));
    if (host == NULL)
        return -ENOMEM;
    if (entry->port == 0 || !is_host_name(host)) {
        free(host);
        return -EINVAL;
    }
    entry->host = host;
    return 0;
}

static int parse_peer(const char *text, uint16_t default_port, peer *entry)
{
    if (parse_address(text, entry))
        return 0;
    if (default_port != 0 && parse_bare_address(text, default_port, entry))
        return 0;
    return parse_name(text, default_port, entry);
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
    int error = parse_peer(text, default_port, &entry);
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

static void report_line(const char *name, size_t number, const char *text, uint16_t default_port)
{
    complain("%s:%zu: expected %s, not '%s'", name, number, default_port == 0 ? "HOST:PORT" : "HOST[:PORT]",
             text);
}

static int add_line(peer_list *list, char *line, size_t length, const char *name, size_t number,
                    uint16_t default_port)
{
    const bool has_nul = strlen(line) != length;
    char *text = trimmed(line);
    if (*text == '\0' && !has_nul)
        return 0;
    const int error = has_nul ? -EINVAL : peer_list_add(list, text, default_port);
    if (error == -EINVAL)
        report_line(name, number, text, default_port);
    else if (error < 0)
        complain("%s:%zu: %s", name, number, rdy_error_sentence(error));
    return error;
}

int peer_list_read(peer_list *list, FILE *file, const char *name, uint16_t default_port)
{
    char *line = NULL;
    size_t size = 0;
    size_t number = 0;
    int error = 0;
    ssize_t length;
    while (error == 0 && (length = getline(&line, &size, file)) >= 0)
        error = add_line(list, line, (size_t)length, name, ++number, default_port);
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
