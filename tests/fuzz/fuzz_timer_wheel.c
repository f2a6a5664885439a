#include "reactor/clock.h"
#include "reactor/timer_wheel.h"
#include "tests/fuzz/choices.h"
#include "tests/fuzz/fuzz.h"

/*
 * The wheel beside a list of the same timers that is searched from end to end. It knows of each in which tick it
 * expires, and how many were armed before it, which decides among those of one tick.
 */
enum { TIMERS = 48, FEW = 16 /* so few share a slot that the next moment is exact */, PATIENCE = 64 };

static struct known {
    rdy_timer timer; /* the first member */
    bool armed;
    int64_t tick;
    uint64_t order;
} list[TIMERS];

static uint64_t armed_so_far;
static int64_t done; /* the last tick that is over */
static int64_t now;

/* Rounded towards the past, and towards the future. */
static int64_t tick_before(int64_t time)
{
    return time / RDY_TIMER_RESOLUTION - (time % RDY_TIMER_RESOLUTION < 0);
}

static int64_t tick_after(int64_t time)
{
    return time / RDY_TIMER_RESOLUTION + (time % RDY_TIMER_RESOLUTION > 0);
}

static int64_t moment_of(int64_t tick)
{
    int64_t moment;
    return __builtin_mul_overflow(tick, RDY_TIMER_RESOLUTION, &moment) ? RDY_NEVER - 1 : moment;
}

static struct known *first_of_list(void)
{
    struct known *first = NULL;
    for (struct known *known = list; known < list + TIMERS; known++)
        if (known->armed && (first == NULL || known->tick < first->tick ||
                             (known->tick == first->tick && known->order < first->order)))
            first = known;
    return first;
}

static int armed_count(void)
{
    int count = 0;
    for (const struct known *known = list; known < list + TIMERS; known++)
        count += known->armed;
    return count;
}

/* Near and far: a number of 16 bits, of anything from a nanosecond to 39 hours, or one of the ends of all times. */
static int64_t choose_time(struct choices *choices)
{
    static const int64_t ends[] = {INT64_MAX, INT64_MAX - 1, INT64_MIN, INT64_MIN + 1, 0, -1};
    const uint8_t kind = choose_byte(choices);
    if (kind >= 250)
        return ends[kind - 250];
    const int64_t number = (int64_t)choose_number(choices, 2) << kind % 48;
    return kind >= 240 ? -number : number;
}

static int64_t add(int64_t time, int64_t more)
{
    int64_t sum;
    return __builtin_add_overflow(time, more, &sum) ? (more < 0 ? INT64_MIN : INT64_MAX) : sum;
}

static void arm(rdy_timer_wheel *wheel, struct known *known, int64_t deadline)
{
    rdy_timer_wheel_arm(wheel, &known->timer, deadline);
    const int64_t tick = tick_after(deadline);
    known->armed = deadline != RDY_NEVER;
    known->tick = tick > done ? tick : done + 1;
    known->order = armed_so_far++;
}

static void cancel(rdy_timer_wheel *wheel, struct known *known)
{
    rdy_timer_wheel_cancel(wheel, &known->timer);
    known->armed = false;
}

/* What is due by now: the first of the list, unless it is to come. */
static struct known *expire_in_list(int64_t time)
{
    struct known *first = first_of_list();
    if ((first == NULL || first->tick > done) && tick_before(time) > done)
        done = tick_before(time);
    if (first == NULL || first->tick > done)
        return NULL;
    first->armed = false;
    return first;
}

static bool expire(rdy_timer_wheel *wheel, int64_t time)
{
    rdy_timer *timer = rdy_timer_wheel_expire(wheel, time);
    const struct known *expected = expire_in_list(time);
    must_hold(timer == (expected == NULL ? NULL : &expected->timer));
    must_hold(timer == NULL || !rdy_timer_is_armed(timer));
    return timer != NULL;
}

static int64_t ask_next(rdy_timer_wheel *wheel)
{
    const int64_t next = rdy_timer_wheel_next(wheel);
    const struct known *first = first_of_list();
    must_hold((next == RDY_NEVER) == (first == NULL));
    if (first != NULL) {
        must_hold(next <= moment_of(first->tick));
        must_hold(next == moment_of(first->tick) || armed_count() > FEW);
    }
    return next;
}

/* As a program does: it sleeps until the next moment, and a timer comes after a few of those. */
static void wait_for_one(rdy_timer_wheel *wheel)
{
    for (int i = 0; first_of_list() != NULL && moment_of(first_of_list()->tick) < RDY_NEVER - 1; i++) {
        must_hold(i < PATIENCE);
        const int64_t next = ask_next(wheel);
        now = next > now ? next : now;
        if (expire(wheel, now))
            return;
    }
}

/* Some are armed again when they expire, with a deadline that has passed: the round ends all the same. */
static void expire_all(rdy_timer_wheel *wheel, int64_t time, uint32_t rearmed)
{
    for (int i = 0; expire(wheel, time); i++) {
        must_hold(i < 2 * TIMERS);
        if (rearmed > 0)
            arm(wheel, &list[rearmed--], time);
    }
}

static void do_one(rdy_timer_wheel *wheel, struct choices *choices)
{
    struct known *known = &list[choose(choices, TIMERS)];
    switch (choose(choices, 10)) {
    case 0:
    case 1:
        arm(wheel, known, add(now, choose_time(choices)));
        break;
    case 2:
        arm(wheel, known, choose_time(choices));
        break;
    case 3:
        cancel(wheel, known);
        break;
    case 4: /* many in one slot */
        for (int64_t delay = choose_time(choices); known < list + TIMERS; known++)
            arm(wheel, known, add(now, delay));
        break;
    case 5:
        now = add(now, choose_time(choices));
        expire_all(wheel, now, choose(choices, 4));
        break;
    case 6: /* time that stands still or goes back */
        (void)expire(wheel, add(now, choose_time(choices) / -2));
        break;
    case 7:
        wait_for_one(wheel);
        break;
    case 8:
        now = add(now, choose_byte(choices) * RDY_MILLISECOND);
        (void)expire(wheel, now);
        break;
    default:
        expire_all(wheel, now, 0);
    }
    (void)ask_next(wheel);
    for (known = list; known < list + TIMERS; known++)
        must_hold(rdy_timer_is_armed(&known->timer) == known->armed);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static rdy_timer_wheel wheel;
    struct choices choices = {bytes, size < 1024 ? size : 1024};
    for (struct known *known = list; known < list + TIMERS; known++)
        *known = (struct known){0};
    now = choose_time(&choices);
    done = tick_before(now);
    rdy_timer_wheel_init(&wheel, now);
    while (has_choices(&choices))
        do_one(&wheel, &choices);
    expire_all(&wheel, RDY_NEVER, 0);
    return 0;
}
