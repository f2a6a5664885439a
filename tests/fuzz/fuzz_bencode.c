#include <errno.h>
#include <string.h>

#include "apps/torrent/bencode.h"
#include "apps/torrent/metainfo.h"
#include "tests/fuzz/fuzz.h"

/* The items of a value are values themselves and lie in it without a gap. */
static void check_items(struct bencode value)
{
    struct bencode_walk walk = bencode_walk(value);
    struct bencode item;
    const uint8_t *end = walk.next;
    size_t count = 0;
    for (; bencode_next(&walk, &item); count++) {
        must_hold(item.size > 0 && item.bytes == end);
        end += item.size;
    }
    must_hold(end == walk.end);
    must_hold(count == bencode_count(value));
    must_hold(!bencode_is_dict(value) || count % 2 == 0);
}

/* A value is of one kind, and what it holds lies in it. */
static void check_kind(struct bencode value)
{
    int64_t number;
    struct bencode_text text;
    const bool is_integer = bencode_integer(value, &number);
    const bool is_string = bencode_string(value, &text);
    must_hold(is_integer + is_string + bencode_is_list(value) + bencode_is_dict(value) == 1);
    if (is_string)
        must_hold(text.bytes > value.bytes && text.bytes + text.size == value.bytes + value.size);
}

/* Every value, from the outer ones to the inner ones: behind its first byte comes the first inner one. */
static void check_value(struct bencode value)
{
    struct bencode_walk walks[BENCODE_DEPTH_MAX];
    struct bencode item = value;
    size_t depth = 0;
    for (;;) {
        check_kind(item);
        check_items(item);
        if (bencode_is_list(item) || bencode_is_dict(item))
            walks[depth++] = bencode_walk(item);
        while (depth > 0 && !bencode_next(&walks[depth - 1], &item))
            depth--;
        if (depth == 0)
            return;
    }
}

static struct format_error untouched(void)
{
    return (struct format_error){0, NULL};
}

static bool is_bencode(const uint8_t *bytes, size_t size, enum bencode_keys keys)
{
    struct bencode value;
    struct format_error error = untouched();
    const bool is_ok = bencode_check(bytes, size, keys, &value, &error) == 0;
    must_hold(is_ok == (error.expected == NULL) && error.offset <= size);
    if (is_ok)
        check_value(value);
    return is_ok;
}

/* The whole content, piece by piece, in at most as many parts as there are files and pieces. */
static void check_ranges(const struct metainfo *metainfo)
{
    uint64_t offset = 0;
    for (uint32_t piece = 0; piece < metainfo->piece_count; piece++) {
        uint64_t left = metainfo_piece_size(metainfo, piece);
        must_hold(left > 0 && left <= metainfo->piece_length);
        while (left > 0) {
            const struct metainfo_range range = metainfo_locate(metainfo, offset, left);
            must_hold(range.size > 0 && range.size <= left);
            must_hold(range.file == NULL || range.offset + range.size <= range.file->size);
            must_hold((range.file == NULL ? 0 : range.file->offset) + range.offset == offset);
            offset += range.size;
            left -= range.size;
        }
    }
    must_hold(offset == metainfo->size);
}

static void check_path(const char *path)
{
    must_hold(path[0] != '\0' && path[0] != '/');
    for (const char *part = path; part != NULL; part = strchr(part, '/')) {
        part += part[0] == '/';
        const size_t length = strcspn(part, "/");
        must_hold(length > 0 && (length != 1 || part[0] != '.'));
        must_hold(length != 2 || strncmp(part, "..", 2) != 0);
    }
}

static void check_metainfo(const struct metainfo *metainfo)
{
    check_path(metainfo->name);
    must_hold(strchr(metainfo->name, '/') == NULL);
    for (size_t i = 0; i < metainfo->file_count; i++)
        check_path(metainfo->files[i].path);
    check_ranges(metainfo);
    for (size_t i = 0; i < metainfo->trackers.count; i++)
        must_hold(metainfo->trackers.trackers[i].url[0] != '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    const bool is_strict = is_bencode(bytes, size, BENCODE_SORTED);
    must_hold(is_bencode(bytes, size, BENCODE_ANY_ORDER) || !is_strict);

    struct metainfo metainfo = {0};
    struct format_error error = untouched();
    const int status = metainfo_parse(bytes, size, &metainfo, &error);
    if (status == 0) {
        must_hold(is_strict);
        check_metainfo(&metainfo);
    } else { /* -ENOTSUP: it is one, but nobody here can make its hash */
        must_hold(status == -ENOTSUP || error.expected != NULL);
        must_hold(error.offset <= size && metainfo.name == NULL);
    }
    metainfo_free(&metainfo);
    return 0;
}
