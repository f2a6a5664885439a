#ifndef RDY_APPS_COMMON_HASH_H
#define RDY_APPS_COMMON_HASH_H

#include <stddef.h>
#include <stdint.h>

/*
 * Hashes for tables whose entries come from others, such as a tracker: with a key that is drawn by chance when the
 * process first needs it, so that nobody can send entries that all want the same slot. For one thread.
 */

/* Of a number and bytes. */
uint32_t hash_bytes(uint64_t number, const uint8_t *bytes, size_t size);

/* Of a number and a text in small letters. */
uint32_t hash_text(uint64_t number, const char *text);

/* SipHash-2-4 (Aumasson, Bernstein, 2012), which is what they are made of. */
uint64_t hash_with_key(const uint64_t key[2], const uint8_t *bytes, size_t size);

#endif
