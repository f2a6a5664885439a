#ifndef RDY_APPS_TORRENT_METAINFO_H
#define RDY_APPS_TORRENT_METAINFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "apps/torrent/format_error.h"
#include "apps/torrent/info_hash.h"
#include "apps/torrent/sha1.h"
#include "apps/torrent/tracker_tiers.h"

/*
 * A .torrent file: version 1 (BEP 3) and the version 1 side of a hybrid (BEP 52). The content is the bytes of
 * all files one after another, cut into pieces.
 */
struct metainfo_file {
    char *path; /* below the name of the torrent, components joined by '/', none of which leads upwards */
    uint64_t offset; /* of its first byte in the content */
    uint64_t size;
    bool is_padding; /* zeros that are not to be kept (BEP 47) */
};

struct metainfo {
    uint8_t info_hash[INFO_HASH_SIZE];
    char *name;            /* of the file, or of the folder of the files: one component of a path */
    uint64_t size;         /* of the content, at least 1 */
    uint32_t piece_length; /* of every piece but the last, at least 1 */
    uint32_t piece_count;
    uint8_t (*piece_hashes)[SHA1_SIZE];
    struct metainfo_file *files;   /* by offset; NULL for a torrent of one file, which is the content */
    size_t file_count;             /* 0 then */
    struct tracker_tiers trackers; /* announce-list, else announce (BEP 12); may be empty */
};

/* The largest file that is read: far above any real one. */
#define METAINFO_FILE_MAX (64 << 20)

/*
 * Reads the bytes of a .torrent file, whose bencode must be strict, dictionaries sorted. 0 on success;
 * -EINVAL for other bytes and for a torrent of version 2 alone, with `error` filled in; -ENOTSUP if SHA-1 is
 * not available (sha1.h); -ENOMEM. A string that is no URL (tracker_tiers.h) where that of a tracker stands is left
 * out, and does not spoil the rest. Everything in `metainfo` is its own: free it with metainfo_free.
 */
int metainfo_parse(const void *bytes, size_t size, struct metainfo *metainfo, struct format_error *error);

/*
 * Likewise from a file, and also -EFBIG above METAINFO_FILE_MAX or the error of the system. What is wrong has
 * been reported on stderr in one line.
 */
int metainfo_read(const char *path, struct metainfo *metainfo);

/* Leaves a zeroed struct. NULL is fine. */
void metainfo_free(struct metainfo *metainfo);

/* How many bytes the piece of that index, below piece_count, has: the last one may be shorter. */
uint32_t metainfo_piece_size(const struct metainfo *metainfo, uint32_t piece);

/* A part of the content that lies in one file. */
struct metainfo_range {
    const struct metainfo_file *file; /* NULL for the only one */
    uint64_t offset;                  /* in that file */
    uint64_t size;
};

/*
 * Where the content from `offset` on lies: of at most `size` bytes the first ones, as far as their file goes.
 * offset + size is at most the size of the content, and size at least 1. What is left is asked for likewise.
 */
struct metainfo_range metainfo_locate(const struct metainfo *metainfo, uint64_t offset, uint64_t size);

#endif
