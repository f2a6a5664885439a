#ifndef RDY_APPS_TORRENT_SHA1_H
#define RDY_APPS_TORRENT_SHA1_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * SHA-1 by libcrypto or nettle, of bytes that come bit by bit. The library's part is some 200 bytes of heap
 * memory from sha1_begin to sha1_free. A zeroed struct has not begun.
 */
#define SHA1_SIZE 20

struct sha1 {
    void *context; /* NULL: not begun, or failed */
};

/* Whether the program was built with one of the libraries. */
bool sha1_is_available(void);

/*
 * Begins a digest, or begins again, which allocates nothing. 0 on success, -ENOTSUP if SHA-1 is not available
 * (or the library refuses it, as one in FIPS mode may), -ENOMEM.
 */
int sha1_begin(struct sha1 *sha1);

/* Adds bytes. What fails here is told by sha1_end. */
void sha1_add(struct sha1 *sha1, const void *bytes, size_t size);

/* Ends the digest; sha1_begin begins the next. 0 on success, -EIO if it was not begun or has failed. */
int sha1_end(struct sha1 *sha1, uint8_t digest[SHA1_SIZE]);

/* Leaves a zeroed struct. */
void sha1_free(struct sha1 *sha1);

/* The digest of bytes that are there. 0 on success, or an error of sha1_begin or sha1_end. */
int sha1_of(const void *bytes, size_t size, uint8_t digest[SHA1_SIZE]);

#endif
