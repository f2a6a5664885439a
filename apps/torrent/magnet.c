#include "apps/torrent/magnet.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "apps/torrent/percent.h"

static const char scheme[] = "magnet:?";
static const char version_1[] = "urn:btih:";
static const char version_2[] = "urn:btmh:";

/* One NAME=VALUE of the query. */
struct parameter {
    const char *name;
    size_t name_length;
    const char *value;
    size_t value_length;
};

struct reader {
    struct magnet magnet;
    bool has_hash;
    bool has_version_2;
    size_t tier;
    const char *expected;
};

static int refuse(struct reader *reader, const char *expected)
{
    reader->expected = expected;
    return -EINVAL;
}

/* Whether the parameter has that name, which may be numbered: "tr" is also "tr.1". */
static bool is_named(const struct parameter *parameter, const char *name)
{
    const size_t length = strlen(name);
    if (parameter->name_length < length || strncasecmp(parameter->name, name, length) != 0)
        return false;
    const char *rest = parameter->name + length;
    const size_t rest_length = parameter->name_length - length;
    return rest_length == 0 || (rest[0] == '.' && strspn(rest + 1, "0123456789") == rest_length - 1);
}

static bool begins_with(const char *text, const char *prefix)
{
    return strncasecmp(text, prefix, strlen(prefix)) == 0;
}

static int read_topic(struct reader *reader, const char *topic)
{
    if (begins_with(topic, version_2))
        reader->has_version_2 = true;
    if (!begins_with(topic, version_1))
        return 0; /* other networks have names of their own */
    const char *digits = topic + strlen(version_1);
    uint8_t info_hash[INFO_HASH_SIZE];
    if (info_hash_parse_magnet(digits, strlen(digits), info_hash) < 0)
        return refuse(reader, "xt=urn:btih: with 40 hexadecimal or 32 base32 digits");
    if (reader->has_hash && memcmp(info_hash, reader->magnet.info_hash, sizeof info_hash) != 0)
        return refuse(reader, "one torrent, not several xt=urn:btih:");
    memcpy(reader->magnet.info_hash, info_hash, sizeof info_hash);
    reader->has_hash = true;
    return 0;
}

/* What is no URL is left out: the other trackers are as good as they were. */
static int read_tracker(struct reader *reader, const char *url)
{
    const int error = tracker_tiers_add(&reader->magnet.trackers, reader->tier++, url, strlen(url));
    if (error == -E2BIG)
        return refuse(reader, "at most 1000 trackers");
    return error == -EINVAL ? 0 : error;
}

static int read_peer(struct reader *reader, const char *text)
{
    struct magnet *magnet = &reader->magnet;
    if (magnet->peer_count == MAGNET_PEERS_MAX)
        return refuse(reader, "at most 1000 peers");
    char **peers = realloc(magnet->peers, (magnet->peer_count + 1) * sizeof *peers);
    if (peers == NULL)
        return -ENOMEM;
    magnet->peers = peers;
    magnet->peers[magnet->peer_count] = strdup(text);
    if (magnet->peers[magnet->peer_count] == NULL)
        return -ENOMEM;
    magnet->peer_count++;
    return 0;
}

/* The first one counts. */
static int read_name(struct reader *reader, const char *name)
{
    if (reader->magnet.name == NULL)
        reader->magnet.name = strdup(name);
    return reader->magnet.name == NULL ? -ENOMEM : 0;
}

/* How to read a parameter, NULL for one that says nothing to us. */
static int (*reading_of(const struct parameter *parameter))(struct reader *reader, const char *value)
{
    static const struct {
        const char *name;
        int (*read)(struct reader *reader, const char *value);
    } known[] = {{"xt", read_topic}, {"tr", read_tracker}, {"x.pe", read_peer}, {"dn", read_name}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (is_named(parameter, known[i].name))
            return known[i].read;
    return NULL;
}

static int read_parameter(struct reader *reader, const struct parameter *parameter)
{
    int (*read)(struct reader *, const char *) = reading_of(parameter);
    if (read == NULL)
        return 0;
    char *value;
    int error = percent_decode(parameter->value, parameter->value_length, &value);
    if (error == -EINVAL)
        return refuse(reader, "two hexadecimal digits after each '%', and no %00");
    if (error == 0) {
        error = read(reader, value);
        free(value);
    }
    return error;
}

/* Takes the next parameter off the query; false at its end. */
static bool next_parameter(const char **query, struct parameter *parameter)
{
    if (**query == '\0')
        return false;
    const size_t length = strcspn(*query, "&");
    const size_t name_length = strcspn(*query, "=&");
    const bool has_value = name_length < length;
    *parameter = (struct parameter){
        .name = *query,
        .name_length = name_length,
        .value = *query + name_length + has_value,
        .value_length = length - name_length - has_value,
    };
    *query += length;
    *query += **query == '&';
    return true;
}

static int read_query(struct reader *reader, const char *query)
{
    struct parameter parameter;
    int error = 0;
    while (error == 0 && next_parameter(&query, &parameter))
        error = read_parameter(reader, &parameter);
    if (error < 0 || reader->has_hash)
        return error;
    if (reader->has_version_2)
        return refuse(reader, "xt=urn:btih:, not a torrent of version 2 alone (BEP 52)");
    return refuse(reader, "a parameter xt=urn:btih:");
}

int magnet_parse(const char *uri, struct magnet *magnet, const char **expected)
{
    struct reader reader = {0};
    const int error = begins_with(uri, scheme) ? read_query(&reader, uri + strlen(scheme))
                                               : refuse(&reader, "a URI that begins with magnet:?");
    if (error == 0) {
        *magnet = reader.magnet;
        return 0;
    }
    magnet_free(&reader.magnet);
    if (error == -EINVAL)
        *expected = reader.expected;
    return error;
}

void magnet_free(struct magnet *magnet)
{
    if (magnet == NULL)
        return;
    for (size_t i = 0; i < magnet->peer_count; i++)
        free(magnet->peers[i]);
    free(magnet->peers);
    free(magnet->name);
    tracker_tiers_free(&magnet->trackers);
    *magnet = (struct magnet){0};
}
