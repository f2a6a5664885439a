#ifndef RDY_APPS_COMMON_UTF8_H
#define RDY_APPS_COMMON_UTF8_H

#include <stddef.h>

/*
 * The length in bytes of the UTF-8 sequence (RFC 3629) that `text` begins with, 0 if it begins with none: an
 * overlong form, a surrogate and what is above U+10FFFF are none. A terminator is a sequence of 1, and ends any
 * other.
 */
size_t utf8_length(const char *text);

#endif
