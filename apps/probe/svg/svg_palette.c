#include "apps/probe/svg/svg_palette.h"

/*
 * What is met most has the colours of Okabe and Ito, which do not need red and green to be told apart; the
 * rest have what lies between these, for words stand beside them. What says nothing of a peer is grey.
 */
const struct svg_ink *svg_ink(enum outcome outcome)
{
    static const struct svg_ink inks[OUTCOME_COUNT] = {
        [OUTCOME_NOT_DONE] = {"not-done", "#999"},
        [OUTCOME_OK] = {"ok", "#009E73"},
        [OUTCOME_REFUSED] = {"refused", "#2A83C5"},
        [OUTCOME_TIMED_OUT] = {"timed-out", "#E69F00"},
        [OUTCOME_RESET] = {"reset", "#D55E00"},
        [OUTCOME_CLOSED_EARLY] = {"closed-early", "#56B4E9"},
        [OUTCOME_WRONG_PROTOCOL] = {"wrong-protocol", "#AA4499"},
        [OUTCOME_WRONG_INFO_HASH] = {"wrong-info-hash", "#8E6BBF"},
        [OUTCOME_INCOMPLETE] = {"incomplete-file", "#C4B400"},
        [OUTCOME_CHOKED] = {"choked", "#CC79A7"},
        [OUTCOME_BAD_PIECE] = {"bad-piece", "#B5485D"},
        [OUTCOME_OVERSIZED] = {"oversized", "#9A6248"},
        [OUTCOME_PROTOCOL_ERROR] = {"protocol-error", "#6F6FC7"},
        [OUTCOME_UNREACHABLE] = {"unreachable", "#7F8C3A"},
        [OUTCOME_DENIED] = {"denied", "#4F8F8B"},
        [OUTCOME_UNKNOWN_NAME] = {"unknown-name", "#8F7F9E"},
        [OUTCOME_FAILED] = {"failed", "#A67C52"},
        [OUTCOME_LOCAL_FAULT] = {"local-fault", "#777"},
        [OUTCOME_DUPLICATE] = {"duplicate", "#888"},
    };
    return &inks[outcome];
}
