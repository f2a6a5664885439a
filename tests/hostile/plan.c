#include "tests/hostile/plan.h"

#include <string.h>

#include "bench/load/content.h"
#include "tests/hostile/chance.h"

enum { KIBIBYTE = 1024, MEBIBYTE = 1024 * 1024, PIECE = 64 * KIBIBYTE, PATIENCE_MS = 60000 };

static const char *const names[ROLES] = {
    [ROLE_STEADY] = "steady",
    [ROLE_POLITE] = "polite",
    [ROLE_HALF_CLOSER] = "half-closer",
    [ROLE_SLOW_SENDER] = "slow-sender",
    [ROLE_SLOW_READER] = "slow-reader",
    [ROLE_VANISHER] = "vanisher",
    [ROLE_IDLER] = "idler",
    [ROLE_STORMER] = "stormer",
    [ROLE_STUCK] = "stuck",
    [ROLE_PARKED] = "parked",
    [ROLE_MIX] = "mix",
};

enum role plan_role(const char *name)
{
    enum role role = 0;
    while (role < ROLES && strcmp(names[role], name) != 0)
        role++;
    return role;
}

const char *plan_role_name(enum role role)
{
    return names[role];
}

static enum role draw_role(struct chance *chance)
{
    return ROLE_POLITE + chance_below(chance, ROLE_STUCK - ROLE_POLITE);
}

static enum farewell draw_sudden(struct chance *chance)
{
    return FAREWELL_CLOSE + chance_below(chance, FAREWELL_SILENCE - FAREWELL_CLOSE + 1);
}

static enum farewell draw_farewell(struct chance *chance)
{
    return chance_below(chance, 2) == 0 ? FAREWELL_END : draw_sudden(chance);
}

static void talk(struct plan *plan, struct chance *chance, uint32_t messages)
{
    plan->piece = chance_scaled(chance, 1, 14);
    plan->window = plan->piece;
    plan->total = (uint64_t)plan->piece * messages;
    plan->gap_ms = 1 + chance_below(chance, 4);
}

static void flood(struct plan *plan, struct chance *chance)
{
    plan->total = (4 + chance_below(chance, 12)) * (uint64_t)MEBIBYTE;
    plan->narrow = chance_below(chance, 4) > 0;
    plan->appetite = 1;
    plan->hold_ms = chance_scaled(chance, 16, 7);
    plan->farewell = draw_farewell(chance);
}

static void play(struct plan *plan, struct chance *chance)
{
    switch (plan->role) {
    case ROLE_STEADY:
        talk(plan, chance, 1);
        plan->total = PLAN_NO_LIMIT;
        break;
    case ROLE_POLITE:
        talk(plan, chance, 1 + chance_below(chance, 40));
        break;
    case ROLE_HALF_CLOSER:
        plan->total = chance_scaled(chance, 1, 20);
        break;
    case ROLE_SLOW_SENDER:
        plan->total = 1 + chance_below(chance, 60);
        plan->piece = 1;
        plan->gap_ms = chance_scaled(chance, 1, 6);
        break;
    case ROLE_SLOW_READER:
    case ROLE_STUCK:
        flood(plan, chance);
        break;
    case ROLE_VANISHER:
        plan->total = chance_scaled(chance, 1, 18);
        plan->appetite = chance_below(chance, (uint32_t)plan->total + 1);
        plan->hold_ms = chance_below(chance, 2) * chance_below(chance, 20);
        plan->farewell = draw_sudden(chance);
        break;
    case ROLE_IDLER:
    case ROLE_PARKED:
        plan->total = chance_below(chance, 2);
        plan->hold_ms = chance_scaled(chance, 16, 9);
        plan->farewell = draw_farewell(chance);
        break;
    default: /* ROLE_STORMER: there is no other */
        plan->total = 0;
        plan->patience_ms = 200;
        plan->farewell = FAREWELL_CLOSE + chance_below(chance, 2);
        break;
    }
}

struct plan plan_make(uint64_t seed, uint32_t client, uint32_t life, enum role role)
{
    struct chance chance = {content_key(content_key(seed, client), life)};
    const uint64_t key = chance_next(&chance);
    struct plan plan = {.role = role == ROLE_MIX ? draw_role(&chance) : role,
                        .key = key,
                        .window = PLAN_NO_LIMIT,
                        .appetite = PLAN_NO_LIMIT,
                        .piece = PIECE,
                        .patience_ms = PATIENCE_MS};
    play(&plan, &chance);
    if (role == ROLE_STUCK || role == ROLE_PARKED)
        plan.hold_ms = PLAN_FOR_EVER;
    if (role == ROLE_STUCK) {
        plan.total = PLAN_NO_LIMIT;
        plan.narrow = true;
    }
    return plan;
}
