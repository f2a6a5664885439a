#ifndef STORY_PEERS_CONTENT_H
#define STORY_PEERS_CONTENT_H

#include <stddef.h>
#include <stdint.h>

/* What the seeds have: all of a torrent's files, one after another. */
struct content {
    const unsigned char *bytes; /* NULL: there is none */
    size_t size;
    size_t piece_length;
    size_t piece_count;
};

/* Maps the file, for good. */
void content_open(struct content *content, const char *path, size_t piece_length);

/* The block that a request names, or NULL if it reaches beyond the piece. */
const unsigned char *content_block(const struct content *content, uint32_t piece, uint32_t begin,
                                   uint32_t length);

#endif
