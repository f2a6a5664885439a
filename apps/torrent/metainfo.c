#include "apps/torrent/metainfo.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "apps/torrent/bencode.h"
#include "apps/torrent/metainfo_files.h"

static int read_name(struct metainfo_reader *reader, struct bencode info, struct metainfo *metainfo)
{
    struct bencode value;
    struct bencode_text text;
    if (!bencode_find(info, "name", &value))
        return metainfo_refuse(reader, info, "a key 'name' in 'info'");
    if (!bencode_string(value, &text) || !metainfo_is_component(text))
        return metainfo_refuse(reader, value, "a name without '/' and NUL that is not '.' or '..'");
    metainfo->name = strndup((const char *)text.bytes, text.size);
    return metainfo->name == NULL ? -ENOMEM : 0;
}

/* Requests count bytes in 32 bits (BEP 3), and so must a piece. */
static int read_piece_length(struct metainfo_reader *reader, struct bencode info, struct metainfo *metainfo)
{
    struct bencode value;
    int64_t length;
    if (!bencode_find(info, "piece length", &value))
        return metainfo_refuse(reader, info, "a key 'piece length' in 'info'");
    if (!bencode_integer(value, &length) || length < 1 || length > INT32_MAX)
        return metainfo_refuse(reader, value, "a piece length from 1 to 2147483647");
    metainfo->piece_length = (uint32_t)length;
    return 0;
}

/* The length of the one file, or the files. */
static int read_content(struct metainfo_reader *reader, struct bencode info, struct metainfo *metainfo)
{
    struct bencode length;
    struct bencode files;
    const bool has_length = bencode_find(info, "length", &length);
    if (has_length == bencode_find(info, "files", &files))
        return metainfo_refuse(reader, info, "either a key 'length' or a key 'files' in 'info'");
    const int error = has_length ? metainfo_read_length(reader, length, &metainfo->size)
                                 : metainfo_read_files(reader, files, metainfo);
    if (error == 0 && metainfo->size == 0)
        return metainfo_refuse(reader, info, "at least 1 byte of content");
    return error;
}

static int read_pieces(struct metainfo_reader *reader, struct bencode info, struct metainfo *metainfo)
{
    struct bencode value;
    struct bencode_text hashes;
    const uint64_t count = (metainfo->size - 1) / metainfo->piece_length + 1;
    if (!bencode_find(info, "pieces", &value))
        return metainfo_refuse(reader, info, "a key 'pieces' in 'info'");
    if (!bencode_string(value, &hashes) || hashes.size / SHA1_SIZE != count || hashes.size % SHA1_SIZE != 0 ||
        count > UINT32_MAX)
        return metainfo_refuse(reader, value, "a string of 20 bytes for each piece of the content");
    metainfo->piece_hashes = malloc(hashes.size);
    if (metainfo->piece_hashes == NULL)
        return -ENOMEM;
    memcpy(metainfo->piece_hashes, hashes.bytes, hashes.size);
    metainfo->piece_count = (uint32_t)count;
    return 0;
}

static int read_info(struct metainfo_reader *reader, struct bencode info, struct metainfo *metainfo)
{
    struct bencode value;
    if (!bencode_is_dict(info))
        return metainfo_refuse(reader, info, "a dictionary as 'info'");
    if (bencode_find(info, "meta version", &value) && !bencode_find(info, "pieces", &value))
        return metainfo_refuse(reader, info,
                               "a torrent of version 1 or a hybrid, not version 2 alone (BEP 52)");
    int error = read_name(reader, info, metainfo);
    if (error == 0)
        error = read_piece_length(reader, info, metainfo);
    if (error == 0)
        error = read_content(reader, info, metainfo);
    if (error == 0)
        error = read_pieces(reader, info, metainfo);
    return error == 0 ? sha1_of(info.bytes, info.size, metainfo->info_hash) : error;
}

/*
 * What is no URL is left out: empty ones and worse are common in what is around. Equal ones count, too: each is
 * compared with all before it.
 */
static int add_tracker(struct metainfo_reader *reader, struct bencode value, size_t tier,
                       struct tracker_tiers *trackers)
{
    struct bencode_text url;
    if (!bencode_string(value, &url))
        return metainfo_refuse(reader, value, "the URL of a tracker");
    const int error = tracker_tiers_add(trackers, tier, (const char *)url.bytes, url.size);
    if (error == -EINVAL)
        return 0;
    if (reader->tracker_count++ == TRACKER_TIERS_MAX)
        return metainfo_refuse(reader, value, "at most 1000 trackers");
    return error;
}

static int read_tier(struct metainfo_reader *reader, struct bencode urls, size_t tier,
                     struct tracker_tiers *trackers)
{
    struct bencode_walk walk = bencode_walk(urls);
    struct bencode url;
    int error = 0;
    if (!bencode_is_list(urls))
        return metainfo_refuse(reader, urls, "a list of URLs");
    while (error == 0 && bencode_next(&walk, &url))
        error = add_tracker(reader, url, tier, trackers);
    return error;
}

static int read_tiers(struct metainfo_reader *reader, struct bencode tiers, struct tracker_tiers *trackers)
{
    struct bencode_walk walk = bencode_walk(tiers);
    struct bencode urls;
    int error = 0;
    if (!bencode_is_list(tiers))
        return metainfo_refuse(reader, tiers, "a list of lists of URLs as 'announce-list'");
    for (size_t tier = 0; error == 0 && bencode_next(&walk, &urls); tier++)
        error = read_tier(reader, urls, tier, trackers);
    return error;
}

static int read_trackers(struct metainfo_reader *reader, struct bencode root, struct tracker_tiers *trackers)
{
    struct bencode value;
    const int error = bencode_find(root, "announce-list", &value) ? read_tiers(reader, value, trackers) : 0;
    if (error == 0 && trackers->count == 0 && bencode_find(root, "announce", &value))
        return add_tracker(reader, value, 0, trackers);
    return error;
}

static int read_root(struct metainfo_reader *reader, struct bencode root, struct metainfo *metainfo)
{
    struct bencode info;
    if (!bencode_find(root, "info", &info))
        return metainfo_refuse(reader, root, "a dictionary with a key 'info'");
    const int error = read_info(reader, info, metainfo);
    return error == 0 ? read_trackers(reader, root, &metainfo->trackers) : error;
}

int metainfo_parse(const void *bytes, size_t size, struct metainfo *metainfo, struct format_error *error)
{
    struct bencode root;
    if (bencode_check(bytes, size, BENCODE_SORTED, &root, error) < 0)
        return -EINVAL;
    struct metainfo_reader reader = {.start = bytes, .error = error};
    struct metainfo result = {0};
    const int status = read_root(&reader, root, &result);
    if (status == 0)
        *metainfo = result;
    else
        metainfo_free(&result);
    return status;
}

void metainfo_free(struct metainfo *metainfo)
{
    if (metainfo == NULL)
        return;
    for (size_t i = 0; i < metainfo->file_count; i++)
        free(metainfo->files[i].path);
    free(metainfo->files);
    free(metainfo->piece_hashes);
    free(metainfo->name);
    tracker_tiers_free(&metainfo->trackers);
    *metainfo = (struct metainfo){0};
}

uint32_t metainfo_piece_size(const struct metainfo *metainfo, uint32_t piece)
{
    const uint64_t left = metainfo->size - (uint64_t)piece * metainfo->piece_length;
    return left < metainfo->piece_length ? (uint32_t)left : metainfo->piece_length;
}

/* The last file that begins at the offset or before: the one behind it is the first that begins later. */
static const struct metainfo_file *file_at(const struct metainfo *metainfo, uint64_t offset)
{
    size_t first = 0;
    size_t count = metainfo->file_count;
    while (count > 1) {
        const size_t half = count / 2;
        const bool is_right = metainfo->files[first + half].offset <= offset;
        first += is_right ? half : 0;
        count = is_right ? count - half : half;
    }
    return &metainfo->files[first];
}

struct metainfo_range metainfo_locate(const struct metainfo *metainfo, uint64_t offset, uint64_t size)
{
    if (metainfo->files == NULL)
        return (struct metainfo_range){NULL, offset, size};
    const struct metainfo_file *file = file_at(metainfo, offset);
    const uint64_t inside = offset - file->offset;
    const uint64_t left = file->size - inside;
    return (struct metainfo_range){file, inside, size < left ? size : left};
}
