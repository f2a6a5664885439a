#ifndef RDY_APPS_PROBE_REPORT_PHASE_H
#define RDY_APPS_PROBE_REPORT_PHASE_H

#include <stdbool.h>

/* The steps of a probe, in their order. How far it goes is the mode's business. */
enum phase {
    PHASE_RESOLVE,   /* the lookup of its name */
    PHASE_CONNECT,   /* until a connection stands */
    PHASE_HANDSHAKE, /* until its handshake is whole */
    PHASE_BITFIELD,  /* until it has said what it has */
    PHASE_UNCHOKE,   /* until it lets us request */
    PHASE_REQUEST,   /* until all pieces that were asked for are here and checked */
    PHASE_COUNT,
};

/* The word for a phase, a static string: "resolve", "connect", "handshake", "bitfield", "unchoke", "request". */
const char *phase_word(enum phase phase);

/* The phase of that word; false if there is none. */
bool phase_from_word(const char *word, enum phase *phase);

#endif
