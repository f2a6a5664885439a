#ifndef RDY_APPS_PROBE_TALK_CONTENT_H
#define RDY_APPS_PROBE_TALK_CONTENT_H

#include <stddef.h>
#include <stdint.h>

#include "apps/torrent/metainfo.h"

/*
 * The content of a torrent on disk: a file, or a folder with its files. It is made beside its place, as PATH.part, and
 * gets its name when all pieces are there. Padding (BEP 47) is not written.
 */
struct content;

/* The memory for pieces that are coming: beyond it peers are still checked, but what they send is not written. */
#define CONTENT_MEMORY_MAX (UINT64_C(64) << 20)

/*
 * Makes PATH.part and, for a torrent of several files, all that it is to hold. Nothing that exists is overwritten or
 * followed. The metainfo and the path are borrowed. 0 on success; else a negative errno that has been reported on
 * stderr, with nothing left behind: -EEXIST if PATH or PATH.part is there.
 */
int content_open(const char *path, const struct metainfo *torrent, struct content **out);

/*
 * Memory for the bytes of a piece that is coming, to be given back with content_release; NULL if it has been written
 * or there is no more memory to be had.
 */
uint8_t *content_reserve(struct content *content, uint32_t piece);

/* Writes a piece that is right, once. An error of the system is reported on stderr, once, and kept. */
void content_write(struct content *content, uint32_t piece, const uint8_t *bytes);

/* Gives back what content_reserve gave for that piece. NULL is fine. */
void content_release(struct content *content, uint32_t piece, uint8_t *bytes);

/*
 * Gives it its name if it is whole and nothing has failed, else says on stderr how many of its pieces are there and
 * that they are in PATH.part. 0 on success, whole or not; else the first error, which has been reported. Frees it.
 */
int content_close(struct content *content);

#endif
