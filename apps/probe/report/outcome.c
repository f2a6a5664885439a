#include "apps/probe/report/outcome.h"

#include <string.h>

#include <stdio.h>

#include "net/failure.h"

static const char *const words[OUTCOME_COUNT] = {
    [OUTCOME_NOT_DONE] = "not done",
    [OUTCOME_OK] = "ok",
    [OUTCOME_REFUSED] = "refused",
    [OUTCOME_TIMED_OUT] = "timed out",
    [OUTCOME_RESET] = "reset",
    [OUTCOME_CLOSED_EARLY] = "closed early",
    [OUTCOME_WRONG_PROTOCOL] = "wrong protocol",
    [OUTCOME_WRONG_INFO_HASH] = "wrong info-hash",
    [OUTCOME_INCOMPLETE] = "incomplete file",
    [OUTCOME_CHOKED] = "choked",
    [OUTCOME_BAD_PIECE] = "bad piece",
    [OUTCOME_OVERSIZED] = "oversized",
    [OUTCOME_PROTOCOL_ERROR] = "protocol error",
    [OUTCOME_UNREACHABLE] = "unreachable",
    [OUTCOME_DENIED] = "denied",
    [OUTCOME_UNKNOWN_NAME] = "unknown name",
    [OUTCOME_FAILED] = "failed",
    [OUTCOME_LOCAL_FAULT] = "local fault",
    [OUTCOME_DUPLICATE] = "duplicate",
};

const char *outcome_word(enum outcome outcome)
{
    return words[outcome];
}

bool outcome_from_word(const char *word, enum outcome *outcome)
{
    for (enum outcome found = 0; found < OUTCOME_COUNT; found++)
        if (strcmp(words[found], word) == 0) {
            *outcome = found;
            return true;
        }
    return false;
}

const char *outcome_name(enum outcome outcome, enum phase phase, char name[OUTCOME_NAME_SIZE])
{
    if (outcome == OUTCOME_OK || !outcome_is_of_peer(outcome))
        return outcome_word(outcome);
    (void)snprintf(name, OUTCOME_NAME_SIZE, "%s (%s)", outcome_word(outcome), phase_word(phase));
    return name;
}

static enum outcome outcome_from_failure(rdy_failure failure)
{
    static const enum outcome outcomes[] = {
        [RDY_FAILURE_NONE] = OUTCOME_OK,
        [RDY_FAILURE_REFUSED] = OUTCOME_REFUSED,
        [RDY_FAILURE_TIMED_OUT] = OUTCOME_TIMED_OUT,
        [RDY_FAILURE_RESET] = OUTCOME_RESET,
        [RDY_FAILURE_UNREACHABLE] = OUTCOME_UNREACHABLE,
        [RDY_FAILURE_DENIED] = OUTCOME_DENIED,
        [RDY_FAILURE_LOCAL] = OUTCOME_LOCAL_FAULT,
        [RDY_FAILURE_OTHER] = OUTCOME_FAILED,
    };
    return outcomes[failure];
}

enum outcome outcome_from_error(int error)
{
    return outcome_from_failure(rdy_failure_from_error(error));
}

enum outcome outcome_of_peer(const peer_outcome *found)
{
    if (found->state != PEER_CONNECTED && found->state != PEER_ERROR)
        return OUTCOME_NOT_DONE;
    if (peer_outcome_is_unknown_name(found))
        return OUTCOME_UNKNOWN_NAME;
    return peer_outcome_is_duplicate(found) ? OUTCOME_DUPLICATE : outcome_from_failure(found->failure);
}

const struct outcome_aside *outcome_asides(void)
{
    static const struct outcome_aside asides[] = {
        {OUTCOME_LOCAL_FAULT, "local_faults",
         "descriptors, memory, ports, a route or a name server were missing here"},
        {OUTCOME_DUPLICATE, "duplicates", "their names stand for the addresses of other peers"},
        {OUTCOME_NOT_DONE, "not_done", "partial: they were not decided"},
        {OUTCOME_COUNT, NULL, NULL},
    };
    return asides;
}

bool outcome_is_of_peer(enum outcome outcome)
{
    for (const struct outcome_aside *aside = outcome_asides(); aside->reason != NULL; aside++)
        if (aside->outcome == outcome)
            return false;
    return true;
}
