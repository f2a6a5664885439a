#ifndef RDY_APPS_TORRENT_PERCENT_H
#define RDY_APPS_TORRENT_PERCENT_H

#include <stddef.h>

/*
 * Decodes what is percent-encoded (RFC 3986) in a part of a URI into a text of its own, the caller's to
 * free(3). '+' stays as it is. 0 on success, -EINVAL for '%' without two hexadecimal digits and for "%00",
 * -ENOMEM.
 */
int percent_decode(const char *encoded, size_t length, char **text);

#endif
