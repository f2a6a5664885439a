#include "tests/fuzz/backends/waits.h"

#include <errno.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"

int waker_polls[WAKERS];
static rdy_events events;

/* ---- what is to be told ---- */

uint32_t to_be_told(const struct side *side, int end)
{
    const struct known *known = &ends[end];
    const uint32_t told = levels_of(end, bits_of(&side->sources[end])).told & known->interest;
    if (is_edge(known))
        return told & side->armed[end];
    return known->interest & RDY_LEVEL || side->armed[end] != 0 ? told : 0;
}

static bool has_something_to_tell(const struct side *side, int poll)
{
    for (int end = 0; end < ENDS; end++)
        if (ends[end].poll == poll && to_be_told(side, end) != 0)
            return true;
    for (int i = 0; i < WAKERS; i++)
        if (waker_polls[i] == poll && side->woken[i])
            return true;
    return false;
}

void arm(int end, rdy_interest conditions)
{
    for (struct side *side = sides; side < sides_end; side++)
        side->armed[end] |= conditions & ends[end].interest & BOTH;
}

void touch(int end)
{
    for (struct side *side = sides; side < sides_end; side++)
        side->last_flags[end] = side->last_flags[peer_of(end)] = 0;
}

/* ---- what was told ---- */

static int registered_end(int poll, rdy_token token)
{
    for (int end = 0; end < ENDS; end++)
        if (ends[end].poll == poll && ends[end].token == token)
            return end;
    return -1;
}

static void take_wake(struct side *side, int poll, rdy_event event)
{
    const rdy_token waker = event.token - FIRST_WAKER_TOKEN;
    must_be_right(waker < WAKERS && waker_polls[waker] == poll && side->woken[waker] &&
                      event.flags == RDY_EVENT_READABLE,
                  side, "an event with token %zu and flags %#x", (size_t)event.token, event.flags);
    side->woken[waker] = false;
}

static void take_event(struct side *side, int poll, rdy_event event, bool seen[ENDS])
{
    if (event.token < FIRST_TOKEN) {
        take_wake(side, poll, event);
        return;
    }
    const int end = registered_end(poll, event.token);
    must_be_right(end >= 0, side, "token %zu is nobody's", (size_t)event.token);
    must_be_right(!seen[end], side, "two events for end %d", end);
    const uint32_t bits = bits_of(&side->sources[end]);
    const uint32_t told = to_be_told(side, end);
    trace("  %s: end %d, flags %#x, to be told %#x, bits %#x", side->backend, end, event.flags, told, bits);
    must_be_right(!(ends[end].interest & RDY_ONESHOT) || side->armed[end] != 0, side, "end %d fires twice",
                  end);
    must_be_right(are_sound(end, bits, event.flags, told), side,
                  "end %d of kind %d, interest %#x, has flags %#x; to be told were %#x; bits %#x", end,
                  ends[end].kind, ends[end].interest, event.flags, told, bits);
    side->armed[end] &= ends[end].interest & RDY_ONESHOT ? 0 : ~event.flags;
    side->last_flags[end] = event.flags;
    seen[end] = true;
}

static void wait_on(struct side *side, int poll, size_t capacity, int64_t timeout)
{
    bool seen[ENDS] = {false};
    if (events.items == NULL)
        must_hold(rdy_events_alloc(MOST_EVENTS, &events) == 0);
    events.capacity = capacity;
    const bool has_news = has_something_to_tell(side, poll);
    int count;
    do /* libFuzzer's clock is a signal, and loses no event */
        count = rdy_poll_wait(side->polls[poll], &events, has_news ? RDY_FOREVER : timeout);
    while (count == -EINTR);
    trace("%s: wait on poll %d for %zu: %d", side->backend, poll, capacity, count);
    must_be_right(count >= 0 && (size_t)count == events.count && events.count <= capacity, side,
                  "wait gives %d", count);
    for (int i = 0; i < count; i++)
        take_event(side, poll, events.items[i], seen);
    if (events.count == capacity)
        return;
    for (int end = 0; end < ENDS; end++)
        must_be_right(seen[end] || ends[end].poll != poll || to_be_told(side, end) == 0, side,
                      "nothing is told of end %d, interest %#x, armed %#x", end, ends[end].interest,
                      side->armed[end]);
    for (int i = 0; i < WAKERS; i++)
        must_be_right(waker_polls[i] != poll || !side->woken[i], side, "waker %d is not told", i);
}

void wait_on_all(int poll, size_t capacity, int64_t timeout)
{
    for (struct side *side = sides; side < sides_end; side++) {
        memset(side->last_flags, 0, sizeof side->last_flags);
        wait_on(side, poll, capacity, timeout);
    }
}

/* Whoever is ready all the time is told before long, however little room there is. */
void wait_in_turn(int poll, size_t capacity)
{
    for (struct side *side = sides; side < sides_end; side++) {
        bool is_told[ENDS] = {false};
        for (int round = 0; round < 2 * (ENDS + WAKERS); round++) {
            memset(side->last_flags, 0, sizeof side->last_flags);
            wait_on(side, poll, capacity, 0);
            for (int end = 0; end < ENDS; end++)
                is_told[end] = is_told[end] || side->last_flags[end] != 0;
        }
        for (int end = 0; end < ENDS; end++)
            must_be_right(is_told[end] || ends[end].poll != poll || to_be_told(side, end) == 0, side,
                          "end %d starves", end);
    }
}
