#ifndef RDY_APPS_TORRENT_INFO_HASH_H
#define RDY_APPS_TORRENT_INFO_HASH_H

#include <stddef.h>
#include <stdint.h>

/* What names a torrent (BEP 3): the SHA-1 of its info dictionary. */
#define INFO_HASH_SIZE 20

/* Reads 40 hexadecimal digits. 0 on success, -EINVAL for other text. */
int info_hash_parse(const char *text, uint8_t info_hash[INFO_HASH_SIZE]);

/* Reads `length` characters as magnet URIs have them (BEP 9): 40 hexadecimal or 32 base32 digits. Likewise. */
int info_hash_parse_magnet(const char *text, size_t length, uint8_t info_hash[INFO_HASH_SIZE]);

#endif
