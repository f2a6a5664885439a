#ifndef RDY_APPS_TORRENT_METAINFO_FILES_H
#define RDY_APPS_TORRENT_METAINFO_FILES_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>

#include "apps/torrent/bencode.h"
#include "apps/torrent/metainfo.h"

/* Private to metainfo*.c: the files of a torrent. */
struct metainfo_reader {
    const uint8_t *start; /* of the whole, from which offsets are counted */
    struct format_error *error;
    size_t tracker_count; /* read so far, equal ones too */
};

/* Says what was expected in the place of a value; -EINVAL. */
static inline int metainfo_refuse(struct metainfo_reader *reader, struct bencode value, const char *expected)
{
    *reader->error = (struct format_error){(size_t)(value.bytes - reader->start), expected};
    return -EINVAL;
}

/* Whether a text can be a component of a path: not empty, not "." or "..", and without '/' and NUL. */
bool metainfo_is_component(struct bencode_text text);

/* A length that is not negative. 0 or -EINVAL. */
int metainfo_read_length(struct metainfo_reader *reader, struct bencode value, uint64_t *length);

/*
 * Reads the list 'files' into files, file_count and size, whose sum fits in int64_t. No two files have the same
 * path, but for padding. 0, -EINVAL or -ENOMEM; metainfo_free frees what was read also after an error.
 */
int metainfo_read_files(struct metainfo_reader *reader, struct bencode files, struct metainfo *metainfo);

#endif
