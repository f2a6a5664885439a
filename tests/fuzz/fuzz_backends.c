#include "tests/fuzz/backends/calls.h"
#include "tests/fuzz/backends/waits.h"
#include "tests/fuzz/choices.h"
#include "tests/fuzz/fuzz.h"

/*
 * The same calls on every backend at once, each with polls, wakers and pairs of its own. Whatever a call answers has to
 * be the same on all of them, and what model.h says is right. Of events it asks what is guaranteed (reactor/event.h,
 * interest.h) and no more:
 *   - a level is told by each wait while it holds; an edge once it is armed, by a registration or by an operation that
 *     would block, and holds; a oneshot once; a wake once. An edge may be told more often;
 *   - what a wait had no room for comes with a later one;
 *   - what is told is so (are_sound);
 *   - nothing is told of a registration that has ended.
 * With FUZZ_TRACE in the environment each step is printed.
 */
/* ---- steps ---- */

static rdy_interest choose_interest(struct choices *choices, int end)
{
    static const rdy_interest triggers[] = {RDY_EDGE, RDY_LEVEL, RDY_ONESHOT, RDY_LEVEL | RDY_ONESHOT};
    static const rdy_interest conditions[] = {BOTH, RDY_READABLE, RDY_WRITABLE, 0};
    const uint8_t byte = choose_byte(choices);
    rdy_interest interest = conditions[byte % 4] & sensible_interest(ends[end].kind, end);
    if (byte & 0x40 && interest & RDY_READABLE)
        interest |= RDY_PRIORITY;
    return interest | triggers[byte / 4 % 4] | (byte == 0xff ? 0x8000 : 0);
}

static size_t choose_size(struct choices *choices)
{
    static const size_t sizes[] = {1, 2, 7, 100, 1000, 4096, 5000, 65536};
    return sizes[choose(choices, 8)];
}

static void do_to_end(struct choices *choices, uint32_t what, int end)
{
    const rdy_interest sensible = sensible_interest(ends[end].kind, end);
    switch (what) {
    case 0:
    case 1:
        if (sensible & RDY_READABLE)
            (void)read_from(end, choose_size(choices), what == 1);
        break;
    case 2:
    case 3:
        if (sensible & RDY_READABLE)
            drain(end, choose_size(choices), what == 3);
        break;
    case 4:
    case 5:
        if (sensible & RDY_WRITABLE)
            (void)write_to(end, choose_size(choices) - (ends[end].kind == UNIX_DATAGRAM));
        break;
    case 6:
        if (sensible & RDY_WRITABLE)
            fill(end, choose_size(choices));
        break;
    case 7:
        shut(end, (int)choose(choices, 3));
        break;
    case 8:
        close_end(end, choose(choices, 2));
        break;
    default:
        lose(end);
    }
}

static void register_somehow(struct choices *choices, int end)
{
    const int poll = choose(choices, 8) == 7;
    switch (choose(choices, 8)) {
    case 0:
    case 1:
    case 2:
        enrol(end, poll, choose_interest(choices, end));
        break;
    case 3:
    case 4:
        enrol_anew(end, poll, choose_interest(choices, end));
        break;
    case 5:
        if (ends[end].poll == poll)
            enrol_anew(end, poll, ends[end].interest);
        break;
    case 6:
        take_off(end, poll);
        break;
    default:
        enrol_double(end, poll);
    }
}

static void wait_somehow(struct choices *choices)
{
    const uint8_t byte = choose_byte(choices);
    const int poll = byte % 8 == 7;
    const size_t capacity = byte & 0x10 ? 1 + byte / 64 : MOST_EVENTS;
    if (byte % 8 == 6)
        wait_in_turn(0, 1 + byte / 64);
    else
        wait_on_all(poll, capacity, byte & 0x08 ? 1 : 0);
}

static void do_one(struct choices *choices)
{
    const uint8_t byte = choose_byte(choices);
    const int end = byte / 16 % ENDS;
    const uint32_t what = byte % 16;
    if (what < 10 && ends[end].is_open)
        do_to_end(choices, what, end);
    else if (what < 10)
        open_ends(end / 2, (enum kind)choose(choices, KINDS));
    else if (what < 12)
        register_somehow(choices, end);
    else if (what < 14)
        wait_somehow(choices);
    else if (what == 14)
        wake(end % WAKERS);
    else if (end % 4 == 3)
        reopen(end / 4);
    else
        replace_waker(end % WAKERS, end / 4);
}

/* ---- the whole ---- */

/* All that is owed comes, and then there is silence: nobody is registered any more, nothing is left. */
static void finish(void)
{
    for (int poll = 0; poll < POLLS; poll++)
        wait_on_all(poll, MOST_EVENTS, 0);
    for (int end = 0; end < ENDS; end++)
        close_end(end, true);
    for (int poll = 0; poll < POLLS; poll++)
        wait_on_all(poll, MOST_EVENTS, 0);
    close_sides();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct choices choices = {bytes, size < 256 ? size : 256};
    const int descriptors = count_descriptors();
    open_sides();
    for (int waker = 0; waker < WAKERS; waker++)
        replace_waker(waker, 0);
    while (has_choices(&choices))
        do_one(&choices);
    finish();
    must_hold(count_descriptors() == descriptors);
    return 0;
}
