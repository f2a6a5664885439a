#include "tests/peers/kind.h"

static const char *const names[PEER_KINDS] = {
    [PEER_GOOD] = "good",
    [PEER_REFUSED] = "refused",
    [PEER_CLOSING_EARLY] = "closing-early",
    [PEER_RESETTING] = "resetting",
    [PEER_UNRESPONSIVE] = "unresponsive",
    [PEER_WRONG_INFO_HASH] = "wrong-info-hash",
    [PEER_WRONG_PROTOCOL] = "wrong-protocol",
    [PEER_SILENT] = "silent",
    [PEER_DRIPPING] = "dripping",
};

const char *peer_kind_name(enum peer_kind kind)
{
    return names[kind];
}
