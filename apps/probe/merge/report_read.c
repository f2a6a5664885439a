#include "apps/probe/merge/report_read.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "apps/common/option.h"
#include "apps/probe/merge/json_member.h"
#include "apps/probe/merge/peer_read.h"
#include "apps/probe/merge/times_read.h"
#include "apps/probe/report/report_json.h"
#include "reactor/error.h"

/* Whether it is of the shape "2026-11-21T17:00:00.000Z". */
static bool is_moment(const char *text)
{
    static const char shape[] = "0000-00-00T00:00:00.000Z";
    for (const char *at = shape; *at != '\0'; at++, text++) {
        const bool is_digit = *text >= '0' && *text <= '9';
        if (*at == '0' ? !is_digit : *text != *at)
            return false;
    }
    return *text == '\0';
}

static bool read_origin(const struct json_object *root)
{
    uint64_t schema;
    const char *program;
    if (!json_is_object(root->value))
        return json_member_is_wrong(root, "report", "an object");
    if (!json_member_count(root, "schema", INT_MAX, &schema))
        return false;
    if (schema != REPORT_SCHEMA) {
        complain("%s: schema: expected %d, not %d", root->file, REPORT_SCHEMA, (int)schema);
        return false;
    }
    if (!json_member_text(root, "program", &program))
        return false;
    return strcmp(program, "rdy-probe") == 0 || json_member_is_wrong(root, "program", "rdy-probe");
}

static bool read_order(const struct json_object *root, struct report *report)
{
    const char *order;
    if (!json_member_text(root, "order", &order))
        return false;
    report->sequential = strcmp(order, "sequential") == 0;
    return report->sequential || strcmp(order, "parallel") == 0 ||
           json_member_is_wrong(root, "order", "parallel or sequential");
}

static bool read_words(const struct json_object *root, struct read_report *read)
{
    const char *mode;
    const char *begun;
    const char *backend;
    if (!json_member_text(root, "mode", &mode) || !json_member_text(root, "begun", &begun) ||
        !json_member_text(root, "backend", &backend))
        return false;
    if (!mode_from_word(mode, &read->report.mode))
        return json_member_is_wrong(root, "mode", "connect, handshake, bitfield or request");
    if (!is_moment(begun))
        return json_member_is_wrong(root, "begun", "a moment such as 2026-11-21T17:00:00.000Z");
    memcpy(read->report.begun, begun, sizeof read->report.begun);
    read->backend = strdup(backend);
    read->report.backend = read->backend;
    return read->backend != NULL;
}

static bool read_shards(const struct json_object *root, struct read_report *read)
{
    const json_t *array;
    if (!json_member_array(root, "shards", &array))
        return false;
    const size_t count = json_array_size(array);
    read->shards = calloc(count + 1, sizeof *read->shards);
    if (read->shards == NULL)
        return false;
    for (size_t i = 0; i < count; i++) {
        struct json_object element;
        uint64_t of;
        uint64_t index;
        if (!json_element_object(root, "shards", array, i, &element) ||
            !json_member_count(&element, "count", INT_MAX, &of) ||
            !json_member_count(&element, "index", of, &index))
            return false;
        if (index == 0)
            return json_member_is_wrong(&element, "index", "a number from 1 on");
        read->shards[i] = (struct report_shard){.index = (size_t)index, .count = (size_t)of};
    }
    read->report.shards = read->shards;
    read->report.shard_count = count;
    return true;
}

static bool read_run(const struct json_object *root, struct read_report *read)
{
    uint64_t at_once;
    if (!read_origin(root) || !read_words(root, read) || !read_order(root, &read->report) ||
        !json_member_count(root, "at_once", UINT32_MAX, &at_once) ||
        !json_member_ms(root, "wall_ms", &read->report.wall_ns) ||
        !json_member_truth(root, "partial", &read->report.interrupted))
        return false;
    read->report.peak = (size_t)at_once;
    return read_shards(root, read);
}

static bool read_peers(const struct json_object *root, struct read_report *read)
{
    const json_t *array;
    uint64_t total;
    if (!json_member_array(root, "peers", &array) ||
        !json_member_count(root, "peers_total", SIZE_MAX / 2, &total))
        return false;
    const size_t count = json_array_size(array);
    if (total != count)
        return json_member_is_wrong(root, "peers_total", "as many as there are peers");
    read->peers.peers = calloc(count + 1, sizeof *read->peers.peers);
    read->report.results = calloc(count + 1, sizeof *read->report.results);
    if (read->peers.peers == NULL || read->report.results == NULL)
        return false;
    read->report.peers = &read->peers;
    for (size_t i = 0; i < count; i++) {
        struct json_object element;
        if (!json_element_object(root, "peers", array, i, &element) ||
            !peer_read(&element, &read->peers.peers[i], &read->report.results[i]))
            return false;
        read->peers.count++;
    }
    return true;
}

static bool read_all(const struct json_object *root, struct read_report *read)
{
    errno = 0;
    return read_run(root, read) && read_peers(root, read) && times_read(root, &read->summary) &&
           times_are_of_peers(root, &read->summary, &read->report);
}

/* A member that was wrong has been reported; memory that was missing has not. */
static int read_root(const char *name, const json_t *value, struct read_report *read)
{
    const struct json_object root = {.file = name, .value = value};
    if (read_all(&root, read))
        return 0;
    if (errno != ENOMEM)
        return -EINVAL;
    complain("%s: %s", name, rdy_error_sentence(-ENOMEM));
    return -ENOMEM;
}

int report_read(FILE *file, const char *name, struct read_report *read)
{
    *read = (struct read_report){.backend = NULL};
    json_error_t error;
    json_t *value = json_loadf(file, JSON_REJECT_DUPLICATES, &error);
    if (ferror(file)) {
        complain("cannot read %s: %s", name, rdy_error_sentence(errno == 0 ? -EIO : -errno));
        json_decref(value);
        return -EIO;
    }
    if (value == NULL) {
        complain("%s:%d:%d: expected JSON: %s", name, error.line, error.column, error.text);
        return -EINVAL;
    }
    const int status = read_root(name, value, read);
    json_decref(value);
    return status;
}
