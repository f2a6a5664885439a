#include "apps/probe/report/mode.h"

#include <string.h>

static const char *const words[MODE_COUNT] = {
    [MODE_CONNECT] = "connect",
    [MODE_HANDSHAKE] = "handshake",
    [MODE_BITFIELD] = "bitfield",
    [MODE_REQUEST] = "request",
};

const char *mode_word(enum mode mode)
{
    return words[mode];
}

bool mode_from_word(const char *word, enum mode *mode)
{
    for (enum mode found = 0; found < MODE_COUNT; found++)
        if (strcmp(words[found], word) == 0) {
            *mode = found;
            return true;
        }
    return false;
}
