#include "apps/probe/phase.h"

const char *phase_word(enum phase phase)
{
    static const char *const words[PHASE_COUNT] = {
        [PHASE_RESOLVE] = "resolve",   [PHASE_CONNECT] = "connect", [PHASE_HANDSHAKE] = "handshake",
        [PHASE_BITFIELD] = "bitfield", [PHASE_UNCHOKE] = "unchoke", [PHASE_REQUEST] = "request",
    };
    return words[phase];
}
