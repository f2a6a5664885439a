#include <errno.h>
#include <string.h>

#include "reactor/slab.h"
#include "tests/fuzz/choices.h"
#include "tests/fuzz/fuzz.h"

/*
 * The slab beside an array of the tokens that live, in no order, and some of those that are dead. Each object is filled
 * with bytes of its token, so that no two share memory. The first byte is the size of an object.
 */
enum { MOST = 512, REMEMBERED = 64, SMALL_CONSTANTS = 65536 };

static rdy_token live[MOST];
static size_t live_count;
static rdy_token dead[REMEMBERED];
static size_t dead_count; /* in all; the last of them are remembered */
static size_t object_size;

static uint8_t mark_of(rdy_token token)
{
    return (uint8_t)(token * 31 + (token >> RDY_SLAB_PLACE_BITS) * 7 + 1);
}

static void must_be_filled(const uint8_t *object, uint8_t mark)
{
    for (size_t i = 0; i < object_size; i++)
        must_hold(object[i] == mark);
}

static size_t place_in_live(rdy_token token)
{
    size_t place = 0;
    while (place < live_count && live[place] != token)
        place++;
    return place;
}

static void insert(rdy_slab *slab)
{
    rdy_token token = 0;
    if (live_count == MOST)
        return;
    uint8_t *object = rdy_slab_insert(slab, &token);
    must_hold(object != NULL && token >= SMALL_CONSTANTS && (uintptr_t)object % _Alignof(max_align_t) == 0);
    must_hold(place_in_live(token) == live_count);
    for (size_t i = 0; i < dead_count && i < REMEMBERED; i++)
        must_hold(dead[i] != token);
    must_be_filled(object, 0);
    memset(object, mark_of(token), object_size);
    live[live_count++] = token;
}

static void remove_at(rdy_slab *slab, size_t place)
{
    const rdy_token token = live[place];
    must_hold(rdy_slab_remove(slab, token) == 0);
    live[place] = live[--live_count];
    dead[dead_count++ % REMEMBERED] = token;
}

static void ask(const rdy_slab *slab, rdy_token token)
{
    const uint8_t *object = rdy_slab_get(slab, token);
    must_hold((object != NULL) == (place_in_live(token) < live_count));
    if (object != NULL)
        must_be_filled(object, mark_of(token));
}

static void ask_for_the_dead(rdy_slab *slab)
{
    for (size_t i = 0; i < dead_count && i < REMEMBERED; i++)
        must_hold(rdy_slab_get(slab, dead[i]) == NULL && rdy_slab_remove(slab, dead[i]) == -ENOENT);
}

/* Meets each that lived at its begin once, in the order of places; one in `nth` is removed when it is met. */
static void walk(rdy_slab *slab, size_t nth)
{
    const size_t expected = live_count;
    size_t cursor = 0, met = 0, last_cursor = 0;
    rdy_token token;
    for (const uint8_t *object; (object = rdy_slab_walk(slab, &cursor, &token)) != NULL; met++) {
        const size_t place = place_in_live(token);
        must_hold(place < live_count && object == rdy_slab_get(slab, token) && cursor > last_cursor);
        must_be_filled(object, mark_of(token));
        last_cursor = cursor;
        if (nth != 0 && met % nth == 0)
            remove_at(slab, place);
    }
    must_hold(met == expected);
}

static void forget_all(rdy_slab *slab)
{
    rdy_slab_free(slab);
    live_count = dead_count = 0;
}

static void do_one(rdy_slab *slab, struct choices *choices)
{
    switch (choose(choices, 8)) {
    case 0:
    case 1:
        insert(slab);
        break;
    case 2:
    case 3:
        if (live_count > 0)
            remove_at(slab, choose_number(choices, 2) % live_count);
        break;
    case 4:
        for (uint32_t count = choose(choices, 128); count > 0; count--)
            insert(slab);
        break;
    case 5:
        walk(slab, choose(choices, 4));
        break;
    case 6:
        ask(slab, (rdy_token)choose_number(choices, (int)choose(choices, 9)));
        break;
    default:
        ask_for_the_dead(slab);
        if (choose(choices, 16) == 15)
            forget_all(slab);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct choices choices = {bytes, size < 1024 ? size : 1024};
    rdy_slab slab;
    object_size = choose_byte(&choices) + 1U;
    live_count = dead_count = 0;
    rdy_slab_init(&slab, object_size);
    while (has_choices(&choices)) {
        do_one(&slab, &choices);
        must_hold(rdy_slab_count(&slab) == live_count);
    }
    for (size_t i = 0; i < live_count; i++)
        ask(&slab, live[i]);
    ask_for_the_dead(&slab);
    walk(&slab, 1);
    must_hold(rdy_slab_count(&slab) == 0);
    rdy_slab_free(&slab);
    return 0;
}
