#include "apps/probe/report/phase.h"

#include <string.h>

static const char *const words[PHASE_COUNT] = {
    [PHASE_RESOLVE] = "resolve",   [PHASE_CONNECT] = "connect", [PHASE_HANDSHAKE] = "handshake",
    [PHASE_BITFIELD] = "bitfield", [PHASE_UNCHOKE] = "unchoke", [PHASE_REQUEST] = "request",
};

const char *phase_word(enum phase phase)
{
    return words[phase];
}

bool phase_from_word(const char *word, enum phase *phase)
{
    for (enum phase found = 0; found < PHASE_COUNT; found++)
        if (strcmp(words[found], word) == 0) {
            *phase = found;
            return true;
        }
    return false;
}
