#ifndef RDY_APPS_TORRENT_BENCODE_H
#define RDY_APPS_TORRENT_BENCODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "apps/torrent/format_error.h"

/*
 * Bencode (BEP 3). Bytes are checked once as a whole; the values inside are then walked over without an error
 * and without an allocation: a value is a span of the caller's bytes and lives as long as they do.
 */

/* A checked value, from its first byte to its last: what an info-hash is made of. */
struct bencode {
    const uint8_t *bytes;
    size_t size;
};

/* What a string holds: any bytes, no NUL behind them. */
struct bencode_text {
    const uint8_t *bytes;
    size_t size;
};

/* So deep may lists and dictionaries be nested. The file tree of BEP 52 takes a level for each folder. */
#define BENCODE_DEPTH_MAX 128

enum bencode_keys {
    BENCODE_SORTED,    /* each key of a dictionary is greater than the one before, as BEP 3 demands */
    BENCODE_ANY_ORDER, /* for what trackers send: some do not sort; of equal keys the first is found */
};

/*
 * Checks that the bytes are one value and nothing else. Integers and the lengths of strings are in their one
 * canonical form (no leading zero, no "-0") and integers fit in int64_t. 0 on success, -EINVAL with `error`
 * filled in for other bytes.
 */
int bencode_check(const void *bytes, size_t size, enum bencode_keys keys, struct bencode *value,
                  struct format_error *error);

/* Whether it is one. */
bool bencode_is_list(struct bencode value);
bool bencode_is_dict(struct bencode value);

/* What an integer or a string holds; false for a value of another kind. */
bool bencode_integer(struct bencode value, int64_t *number);
bool bencode_string(struct bencode value, struct bencode_text *text);

/* Looks a key up in a dictionary. False if it is not there, and for a value of another kind. */
bool bencode_find(struct bencode dict, const char *key, struct bencode *value);

/* A place in a list or a dictionary. */
struct bencode_walk {
    const uint8_t *next;
    const uint8_t *end;
};

/* Before the first item; a value that is no list and no dictionary has none. */
struct bencode_walk bencode_walk(struct bencode value);

/* How many items a walk over the value has. */
size_t bencode_count(struct bencode value);

/* The next item of a list; of a dictionary each key and then its value. False at the end. */
bool bencode_next(struct bencode_walk *walk, struct bencode *item);

#endif
