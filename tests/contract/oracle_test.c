/*
 * One oracle for all backends: each situation, as every interest and trigger sees it, is arranged once for each
 * backend of this build, and the guaranteed flags that they tell are compared. What the table of situations expects
 * does not matter here (flags_test.c asks for that): no backend may drift from the others. Runs once, not for each
 * backend.
 */

#include <stdio.h>
#include <string.h>

#include "reactor/clock.h"
#include "reactor/poll.h"
#include "tests/contract/situations.h"
#include "tests/contract/support.h"

#define BOTH (RDY_READABLE | RDY_WRITABLE)

enum { BACKENDS = 4, ATTEMPTS = 18, ATTEMPTS_REGISTERED_FIRST = ATTEMPTS / 2 };

/* One backend: its poll, and a pair for each attempt, registered under the attempt's number. */
static struct side {
    const char *backend;
    rdy_poll *poll;
    struct pair pairs[ATTEMPTS];
    uint32_t seen[ATTEMPTS];
} sides[BACKENDS];

static int side_count;
static rdy_events events;

static void open_sides(void)
{
    ck_assert_int_eq(rdy_events_alloc(ATTEMPTS, &events), 0);
    for (const char *const *name = rdy_backends(); *name != NULL; name++) {
        const rdy_poll_options options = {.backend = *name};
        ck_assert_int_lt(side_count, BACKENDS);
        sides[side_count].backend = *name;
        ck_assert_int_eq(rdy_poll_open(&options, &sides[side_count++].poll), 0);
    }
}

static void close_sides(void)
{
    close_sources();
    while (side_count > 0)
        rdy_poll_close(sides[--side_count].poll);
    rdy_events_free(&events);
}

/* ---- the attempts ---- */

static rdy_interest conditions_of(int attempt)
{
    return 1 + (rdy_interest)(attempt % 3);
}

static rdy_interest interest_of(int attempt)
{
    static const rdy_interest triggers[] = {RDY_EDGE, RDY_LEVEL, RDY_ONESHOT};
    return conditions_of(attempt) | triggers[attempt / 3 % COUNT(triggers)];
}

static bool registers_first(int attempt)
{
    return attempt < ATTEMPTS_REGISTERED_FIRST;
}

static bool is_sensible(const struct situation *situation, int attempt)
{
    return (conditions_of(attempt) & ~situation->kind->sensible) == 0;
}

static void begin(struct side *side, const struct situation *situation, int attempt)
{
    struct pair *pair = &side->pairs[attempt];
    *pair = situation->kind->open();
    if (!registers_first(attempt))
        situation->arrange(pair);
    ck_assert_int_eq(rdy_registry_register(rdy_poll_registry(side->poll), pair->end, (rdy_token)attempt,
                                           interest_of(attempt)),
                     0);
}

static void rearm(struct side *side, int attempt)
{
    ck_assert_int_eq(rdy_registry_reregister(rdy_poll_registry(side->poll), side->pairs[attempt].end,
                                             (rdy_token)attempt, interest_of(attempt)),
                     0);
}

/* What an edge told before it need not tell again; a level tells what is, and a oneshot is armed anew. */
static void go_on(struct side *side, const struct situation *situation, int attempt)
{
    const rdy_interest interest = interest_of(attempt);
    situation->arrange(&side->pairs[attempt]);
    side->seen[attempt] &= interest == conditions_of(attempt) ? expected_flags(situation, interest) : 0;
    if (interest & RDY_ONESHOT)
        rearm(side, attempt);
}

/* ---- looking ---- */

/* Whether there was anything new. Oneshots are re-armed. */
static bool look(struct side *side)
{
    bool news = false;
    ck_assert_int_ge(rdy_poll_wait(side->poll, &events, 0), 0);
    for (size_t i = 0; i < events.count; i++) {
        const int attempt = (int)events.items[i].token;
        const uint32_t flags = events.items[i].flags;
        news = news || (flags & ~side->seen[attempt]) != 0;
        side->seen[attempt] |= flags;
        if (interest_of(attempt) & RDY_ONESHOT)
            rearm(side, attempt);
    }
    return news;
}

static bool look_at_all(void)
{
    bool news = false;
    for (int i = 0; i < side_count; i++)
        news = look(&sides[i]) || news;
    return news;
}

/* What two sides say differently of an attempt, though it is guaranteed. */
static uint32_t difference(const struct situation *situation, int attempt, int one, int other)
{
    return (sides[one].seen[attempt] ^ sides[other].seen[attempt]) &
           guaranteed_flags(situation, interest_of(attempt));
}

static bool all_agree(const struct situation *situation)
{
    for (int attempt = 0; attempt < ATTEMPTS; attempt++)
        for (int i = 1; i < side_count; i++)
            if (difference(situation, attempt, 0, i) != 0)
                return false;
    return true;
}

/* Looks until there is nothing new for a while; and for much longer if one has said less than another. */
static void look_until_quiet(const struct situation *situation)
{
    const int64_t deadline = rdy_clock_after(rdy_clock_now(), GENEROUS);
    int64_t last_news = rdy_clock_now();
    int64_t now = last_news;
    while (now < deadline && (now - last_news < SILENCE || !all_agree(situation))) {
        pause_briefly();
        const bool news = look_at_all();
        now = rdy_clock_now();
        last_news = news ? now : last_news;
    }
}

static void look_until_idle(const struct situation *situation)
{
    const int64_t deadline = rdy_clock_after(rdy_clock_now(), GENEROUS);
    const uint32_t idle = situation->kind->idle;
    bool idles = false;
    while (!idles) {
        ck_assert_msg(rdy_clock_now() < deadline, "not idle: %s", situation->kind->name);
        (void)look_at_all();
        idles = true;
        for (int i = 0; i < side_count; i++)
            for (int attempt = 0; attempt < ATTEMPTS_REGISTERED_FIRST; attempt++)
                if (is_sensible(situation, attempt))
                    idles = idles && (interest_of(attempt) & idle & ~sides[i].seen[attempt]) == 0;
    }
}

/* ---- the comparison ---- */

static void describe(int attempt, char text[RDY_INTEREST_TEXT_MAX + 32])
{
    rdy_interest_print(interest_of(attempt), text, RDY_INTEREST_TEXT_MAX);
    strcat(text, registers_first(attempt) ? ", registered before" : ", registered after");
}

/* Of all that was told, hints too, for the log of the test. */
static void print_row(const struct situation *situation, int attempt)
{
    for (int i = 0; i < side_count; i++) {
        char text[RDY_EVENT_TEXT_MAX];
        rdy_event_print((rdy_event){.flags = sides[i].seen[attempt]}, text, sizeof text);
        printf("%s, %s: %s: %s\n", situation->kind->name, situation->name, sides[i].backend,
               strstr(text, "flags"));
    }
}

static void arrange_all(const struct situation *situation)
{
    for (int i = 0; i < side_count; i++)
        for (int attempt = 0; attempt < ATTEMPTS; attempt++)
            if (is_sensible(situation, attempt))
                begin(&sides[i], situation, attempt);
    look_until_idle(situation);
    for (int i = 0; i < side_count; i++)
        for (int attempt = 0; attempt < ATTEMPTS_REGISTERED_FIRST; attempt++)
            if (is_sensible(situation, attempt))
                go_on(&sides[i], situation, attempt);
}

static void compare(const struct situation *situation, int attempt, int one, int other)
{
    char text[RDY_INTEREST_TEXT_MAX + 32];
    describe(attempt, text);
    ck_assert_msg(difference(situation, attempt, one, other) == 0, "%s, %s; %s: %s says %#x, %s says %#x",
                  situation->kind->name, situation->name, text, sides[one].backend, sides[one].seen[attempt],
                  sides[other].backend, sides[other].seen[attempt]);
}

START_TEST(each_situation_has_the_same_guaranteed_flags_on_every_backend)
{
    const struct situation *situation = &situations[_i];
    arrange_all(situation);
    look_until_quiet(situation);
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        if (!registers_first(attempt) && interest_of(attempt) == (situation->kind->sensible | RDY_LEVEL))
            print_row(situation, attempt);
        for (int i = 1; i < side_count; i++)
            compare(situation, attempt, 0, i);
    }
    fflush(stdout);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("oracle");
    TCase *tests = tcase_create("situations");
    tcase_add_checked_fixture(tests, open_sides, close_sides);
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, each_situation_has_the_same_guaranteed_flags_on_every_backend, 0,
                        situation_count);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
