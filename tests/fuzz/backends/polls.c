#include <errno.h>

#include "tests/fuzz/backends/calls.h"
#include "tests/fuzz/backends/waits.h"
#include "tests/fuzz/fuzz.h"

/* ---- registering ---- */

static void did_register(int end, int poll, rdy_interest interest)
{
    model_register(end, poll, next_token++, interest);
    for (struct side *side = sides; side < sides_end; side++) {
        side->armed[end] = interest & BOTH;
        must_hold(rdy_source_token(&side->sources[end]) == ends[end].token);
    }
    trace("  token %zu, interest %#x, poll %d", (size_t)ends[end].token, interest, poll);
}

void enrol(int end, int poll, rdy_interest interest)
{
    struct result result;
    const int right = right_register(end, interest);
    for (struct side *side = sides; side < sides_end; side++)
        result.values[side - sides] = rdy_registry_register(rdy_poll_registry(side->polls[poll]),
                                                            &side->sources[end], next_token, interest);
    expect("register", end, result, right);
    if (right == 0)
        did_register(end, poll, interest);
}

void enrol_anew(int end, int poll, rdy_interest interest)
{
    struct result result;
    const int right = right_reregister(end, poll, interest);
    for (struct side *side = sides; side < sides_end; side++)
        result.values[side - sides] = rdy_registry_reregister(rdy_poll_registry(side->polls[poll]),
                                                              &side->sources[end], next_token, interest);
    expect("reregister", end, result, right);
    if (right == 0)
        did_register(end, poll, interest);
}

/* Another source with the same descriptor: there is one registration at most. */
void enrol_double(int end, int poll)
{
    struct result result;
    if (ends[end].poll != poll)
        return;
    for (struct side *side = sides; side < sides_end; side++) {
        rdy_source other = rdy_source_from_fd(rdy_source_fd(&side->sources[end]));
        result.values[side - sides] = rdy_registry_register(
            rdy_poll_registry(side->polls[poll]), &other, next_token, sensible_interest(ends[end].kind, end));
    }
    expect("register another source", end, result, -EEXIST);
}

void take_off(int end, int poll)
{
    struct result result;
    const int right = right_deregister(end, poll);
    for (struct side *side = sides; side < sides_end; side++)
        result.values[side - sides] =
            rdy_registry_deregister(rdy_poll_registry(side->polls[poll]), &side->sources[end]);
    expect("deregister", end, result, right);
    if (right == 0)
        ends[end].poll = -1;
}

/* ---- polls and wakers ---- */

void reopen(int poll)
{
    trace("reopen poll %d", poll);
    for (struct side *side = sides; side < sides_end; side++) {
        rdy_poll_close(side->polls[poll]);
        open_poll(side, poll);
    }
    model_end_registrations(poll);
    for (int i = 0; i < WAKERS; i++)
        waker_polls[i] = waker_polls[i] == poll ? -1 : waker_polls[i];
}

void replace_waker(int waker, int poll)
{
    trace("waker %d is one of poll %d", waker, poll);
    for (struct side *side = sides; side < sides_end; side++) {
        rdy_waker_close(side->wakers[waker]);
        side->woken[waker] = false;
        must_hold(rdy_waker_open(rdy_poll_registry(side->polls[poll]), FIRST_WAKER_TOKEN + (rdy_token)waker,
                                 &side->wakers[waker]) == 0);
    }
    waker_polls[waker] = poll;
}

void wake(int waker)
{
    trace("wake %d", waker);
    for (struct side *side = sides; side < sides_end; side++) {
        must_hold(rdy_waker_wake(side->wakers[waker]) == 0);
        side->woken[waker] = true;
    }
}
