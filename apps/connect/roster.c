#include "apps/connect/roster.h"

#include <errno.h>
#include <stdlib.h>

int roster_alloc(struct roster *roster, size_t count, bool is_ordered)
{
    const size_t room = count + 1; /* of none too */
    *roster = (struct roster){
        .order = calloc(room, sizeof *roster->order),
        .is_decided = calloc(room, sizeof *roster->is_decided),
        .count = count,
        .is_ordered = is_ordered,
    };
    return roster->order == NULL || roster->is_decided == NULL ? -ENOMEM : 0;
}

void roster_note(struct roster *roster, size_t place)
{
    roster->order[roster->decided++] = place;
    roster->is_decided[place] = true;
}

bool roster_next(struct roster *roster, size_t *place)
{
    const bool is_ordered = roster->is_ordered && !roster->is_over;
    const size_t end = is_ordered || roster->is_over ? roster->count : roster->decided;
    if (roster->told == end || (is_ordered && !roster->is_decided[roster->told]))
        return false;
    *place = roster_at(roster, roster->told++);
    return true;
}

void roster_end(struct roster *roster)
{
    size_t end = roster->decided;
    for (size_t place = 0; place < roster->count; place++)
        if (!roster->is_decided[place])
            roster->order[end++] = place;
    roster->is_over = true;
}

size_t roster_at(const struct roster *roster, size_t position)
{
    return roster->is_ordered ? position : roster->order[position];
}

void roster_free(struct roster *roster)
{
    free(roster->order);
    free(roster->is_decided);
    *roster = (struct roster){0};
}
