#include "apps/probe/outcome_progress.h"

void outcome_progress_count(struct outcome_progress *progress, enum outcome outcome)
{
    /* The outcomes stand in their order, but for not done, which is in front of ok. */
    const size_t place = ((size_t)outcome + OUTCOME_COUNT - OUTCOME_OK) % OUTCOME_COUNT;
    progress->tallies[place].word = outcome_word(outcome);
    progress->tallies[place].count++;
    progress->done++;
}

void outcome_progress_draw(struct outcome_progress *progress, size_t total, size_t in_flight)
{
    const struct progress_state state = {
        .done = progress->done,
        .total = total,
        .in_flight = in_flight,
        .tallies = progress->tallies,
        .tally_count = OUTCOME_COUNT,
    };
    progress_draw(&progress->line, &state);
}
