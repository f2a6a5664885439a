#include "reactor/timer_wheel.h"

#include <stddef.h>

#include "reactor/clock.h"

/*
 * A slot covers one tick on level 0, 64 on level 1, 4096 on level 2 and so on. A timer sits on the level of
 * the highest six-bit digit in which its tick differs from the wheel's, in the slot that this digit names.
 * With the wheel at the ticks' digits 3:7:9, its own slots in brackets:
 *
 *     level 2    0 .. 2 [3] 4  .. 63      slot  4 holds 4:0:0 to 4:63:63
 *     level 1    0 .. 6 [7] 8  .. 63      slot  8 holds 3:8:0 to 3:8:63
 *     level 0    0 .. 8 [9] 10 .. 63      slot 10 holds 3:7:10
 *                `--------'
 *                  empty
 *
 * - Whatever is on a level comes before everything on the levels above it, so the first occupied slot after
 *   the bracket, on the lowest level that has one, is the earliest.
 * - The timers of one tick share one slot, in the order of arming.
 * - The wheel stops at the first tick of each occupied slot and empties it: level 0 into `due`, a higher
 * level into the levels below, which are empty then. Between two calls all in `due` is done, all else to
 * come.
 *
 * Eight digits are more than the 44 bits and a sign that ticks of int64 nanoseconds have. Only the top level
 * goes round past slot 63, and only from negative ticks to positive ones.
 */

#define SLOT_BITS  6
#define SLOT_MASK  (RDY_TIMER_WHEEL_SLOTS - 1)
#define DIGIT_MASK ((UINT64_C(1) << (SLOT_BITS * RDY_TIMER_WHEEL_LEVELS)) - 1)

_Static_assert(RDY_TIMER_WHEEL_SLOTS == 1 << SLOT_BITS, "a slot for each value of a digit");

/* How many timers of a slot are looked at for the exact next deadline. */
#define SCAN_LIMIT 16

static void ring_init(rdy_timer_link *ring)
{
    ring->next = ring;
    ring->previous = ring;
}

static bool ring_is_empty(const rdy_timer_link *ring)
{
    return ring->next == ring;
}

static void ring_append(rdy_timer_link *ring, rdy_timer_link *link)
{
    link->next = ring;
    link->previous = ring->previous;
    ring->previous->next = link;
    ring->previous = link;
}

static void ring_unlink(rdy_timer_link *link)
{
    link->previous->next = link->next;
    link->next->previous = link->previous;
    link->next = NULL;
}

static void ring_move_all(rdy_timer_link *to, rdy_timer_link *from)
{
    from->next->previous = to->previous;
    to->previous->next = from->next;
    from->previous->next = to;
    to->previous = from->previous;
    ring_init(from);
}

static rdy_timer *timer_of(rdy_timer_link *link)
{
    return (rdy_timer *)(void *)link;
}

static int64_t ticks_rounded_up(int64_t time_ns)
{
    int64_t ticks = time_ns / RDY_TIMER_RESOLUTION;
    return ticks + (ticks * RDY_TIMER_RESOLUTION < time_ns);
}

static int64_t ticks_rounded_down(int64_t time_ns)
{
    int64_t ticks = time_ns / RDY_TIMER_RESOLUTION;
    return ticks - (ticks * RDY_TIMER_RESOLUTION > time_ns);
}

/* The last deadlines of all round up to a moment that int64 does not reach. */
static int64_t time_of(int64_t tick)
{
    return tick > RDY_NEVER / RDY_TIMER_RESOLUTION ? RDY_NEVER - 1 : tick * RDY_TIMER_RESOLUTION;
}

static void place(rdy_timer_wheel *wheel, rdy_timer *timer)
{
    uint64_t differing = (uint64_t)(timer->tick ^ wheel->tick) & DIGIT_MASK;
    unsigned level = (63 - (unsigned)__builtin_clzll(differing | 1)) / SLOT_BITS;
    unsigned slot = (unsigned)(timer->tick >> (level * SLOT_BITS)) & SLOT_MASK;

    ring_append(&wheel->slots[level][slot], &timer->link);
    wheel->occupied[level] |= UINT64_C(1) << slot;
    wheel->levels |= 1U << level;
}

static int distance_to_bit(uint64_t bits, unsigned from)
{
    return __builtin_ctzll(bits >> from | bits << (-from & SLOT_MASK));
}

static rdy_timer_link *first_slot_on(rdy_timer_wheel *wheel, unsigned level, int64_t *tick)
{
    int64_t here = wheel->tick >> (level * SLOT_BITS);

    while (wheel->occupied[level] != 0) {
        int64_t there = here + distance_to_bit(wheel->occupied[level], (unsigned)here & SLOT_MASK);
        unsigned slot = (unsigned)there & SLOT_MASK;
        if (!ring_is_empty(&wheel->slots[level][slot])) {
            *tick = there * (INT64_C(1) << (level * SLOT_BITS));
            return &wheel->slots[level][slot];
        }
        wheel->occupied[level] &= ~(UINT64_C(1) << slot);
    }
    return NULL;
}

static rdy_timer_link *first_slot(rdy_timer_wheel *wheel, unsigned *level, int64_t *tick)
{
    while (wheel->levels != 0) {
        *level = (unsigned)__builtin_ctz(wheel->levels);
        rdy_timer_link *slot = first_slot_on(wheel, *level, tick);
        if (slot != NULL)
            return slot;
        wheel->levels &= wheel->levels - 1;
    }
    return NULL;
}

/*
 * The timers of a full slot have not been touched for long and are in no cache, and each is known only from its
 * neighbour: they are fetched from both ends at once. Past the middle `ahead` strays into other rings and does no harm.
 */
static void cascade(rdy_timer_wheel *wheel, rdy_timer_link *slot)
{
    rdy_timer_link *link = slot->next;
    const rdy_timer_link *ahead = slot->previous;

    while (link != slot) {
        rdy_timer_link *next = link->next;
        ahead = ahead->previous;
        __builtin_prefetch(ahead);
        place(wheel, timer_of(link));
        link = next;
    }
    ring_init(slot);
}

static void advance(rdy_timer_wheel *wheel, int64_t target)
{
    unsigned level;
    int64_t tick;
    rdy_timer_link *slot;

    if (target <= wheel->tick)
        return;
    while ((slot = first_slot(wheel, &level, &tick)) != NULL && tick <= target) {
        wheel->tick = tick;
        if (level == 0)
            ring_move_all(&wheel->due, slot);
        else
            cascade(wheel, slot);
    }
    wheel->tick = target;
}

/* The earliest tick in a slot that begins at `start`, or `start` if looking at them all would take long. */
static int64_t earliest_tick(rdy_timer_link *slot, int64_t start)
{
    int64_t earliest = timer_of(slot->next)->tick;
    int count = 0;

    for (rdy_timer_link *link = slot->next; link != slot; link = link->next) {
        if (++count > SCAN_LIMIT)
            return start;
        if (timer_of(link)->tick < earliest)
            earliest = timer_of(link)->tick;
    }
    return earliest;
}

void rdy_timer_wheel_init(rdy_timer_wheel *wheel, int64_t now_ns)
{
    wheel->tick = ticks_rounded_down(now_ns);
    wheel->levels = 0;
    for (unsigned level = 0; level < RDY_TIMER_WHEEL_LEVELS; level++) {
        wheel->occupied[level] = 0;
        for (unsigned slot = 0; slot < RDY_TIMER_WHEEL_SLOTS; slot++)
            ring_init(&wheel->slots[level][slot]);
    }
    ring_init(&wheel->due);
}

void rdy_timer_wheel_arm(rdy_timer_wheel *wheel, rdy_timer *timer, int64_t deadline_ns)
{
    rdy_timer_wheel_cancel(wheel, timer);
    if (deadline_ns == RDY_NEVER)
        return;
    int64_t tick = ticks_rounded_up(deadline_ns);
    timer->tick = tick > wheel->tick ? tick : wheel->tick + 1;
    place(wheel, timer);
}

/* The slot's bit may stay set without a timer: the next search clears it. */
void rdy_timer_wheel_cancel(rdy_timer_wheel *wheel, rdy_timer *timer)
{
    (void)wheel;
    if (rdy_timer_is_armed(timer))
        ring_unlink(&timer->link);
}

rdy_timer *rdy_timer_wheel_expire(rdy_timer_wheel *wheel, int64_t now_ns)
{
    if (ring_is_empty(&wheel->due))
        advance(wheel, ticks_rounded_down(now_ns));
    if (ring_is_empty(&wheel->due))
        return NULL;
    rdy_timer *timer = timer_of(wheel->due.next);
    ring_unlink(&timer->link);
    return timer;
}

int64_t rdy_timer_wheel_next(rdy_timer_wheel *wheel)
{
    unsigned level;
    int64_t tick;

    if (!ring_is_empty(&wheel->due))
        return time_of(timer_of(wheel->due.next)->tick);
    rdy_timer_link *slot = first_slot(wheel, &level, &tick);
    if (slot == NULL)
        return RDY_NEVER;
    return time_of(level == 0 ? tick : earliest_tick(slot, tick));
}
