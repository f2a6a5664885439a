#ifndef RDY_APPS_TORRENT_FORMAT_ERROR_H
#define RDY_APPS_TORRENT_FORMAT_ERROR_H

#include <stddef.h>

/* Where bytes are not as they must be: for a message "NAME: byte 123: expected ...". */
struct format_error {
    size_t offset;        /* from 0 */
    const char *expected; /* "a key 'info'"; static storage */
};

#endif
