#include "apps/torrent/percent.h"

#include <errno.h>
#include <stdlib.h>

/* 0 to 15, or -1. */
static int hex_digit(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    return digit >= 'A' && digit <= 'F' ? digit - 'A' + 10 : -1;
}

/* The byte that is encoded at *next, behind which *next is moved; 0 if there is none. */
static char decode_byte(const char **next, const char *end)
{
    const int high = end - *next >= 3 ? hex_digit((*next)[1]) : -1;
    const int low = high >= 0 ? hex_digit((*next)[2]) : -1;
    if (low < 0)
        return '\0';
    *next += 3;
    return (char)(high << 4 | low);
}

int percent_decode(const char *encoded, size_t length, char **text)
{
    const char *end = encoded + length;
    char *decoded = malloc(length + 1);
    char *out = decoded;
    if (decoded == NULL)
        return -ENOMEM;
    while (encoded < end) {
        *out = *encoded == '%' ? decode_byte(&encoded, end) : *encoded++;
        if (*out++ == '\0') {
            free(decoded);
            return -EINVAL;
        }
    }
    *out = '\0';
    *text = decoded;
    return 0;
}
