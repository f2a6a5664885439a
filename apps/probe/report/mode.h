#ifndef RDY_APPS_PROBE_REPORT_MODE_H
#define RDY_APPS_PROBE_REPORT_MODE_H

#include <stdbool.h>

/* How far a probe goes with each peer. */
enum mode {
    MODE_CONNECT,   /* a connection is enough */
    MODE_HANDSHAKE, /* the handshake of BEP 3 */
    MODE_BITFIELD,  /* until it has said which pieces it has: all of them are wanted */
    MODE_REQUEST,   /* until pieces were requested, sent and checked */
    MODE_COUNT,
};

/* The word for a mode, a static string: "connect", "handshake", "bitfield", "request". */
const char *mode_word(enum mode mode);

/* The mode of that word; false if there is none. */
bool mode_from_word(const char *word, enum mode *mode);

#endif
