#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tests/suite.h"

/*
 * The buffer is compiled into this test, with an allocation that can be watched and made to fail, and that no compiler
 * sees through: clang leaves out what is lost, and then no tool sees it.
 */
static bool memory_is_short;
static size_t bytes_asked;

static void *(*volatile real_calloc)(size_t, size_t) = calloc;

static void *test_calloc(size_t count, size_t size)
{
    bytes_asked = count * size;
    return memory_is_short ? NULL : real_calloc(count, size);
}

#define calloc test_calloc
#include "reactor/events.c"
#undef calloc

/* reactor/os/backend.h: a backend writes the kernel's events there first. */
enum { BYTES_PER_EVENT = 16 };

static const size_t capacities[] = {1, 2, 64, 1000};

START_TEST(each_event_has_the_room_that_a_backend_may_use)
{
    const size_t capacity = capacities[_i];
    rdy_events events;
    ck_assert_int_eq(rdy_events_alloc(capacity, &events), 0);
    ck_assert_uint_ge(bytes_asked, capacity * BYTES_PER_EVENT);
    memset((void *)events.items, 0xff, capacity * BYTES_PER_EVENT);
    ck_assert_uint_eq(events.capacity, capacity);
    ck_assert_uint_eq(events.count, 0);
    rdy_events_free(&events);
}
END_TEST

static const struct {
    size_t capacity;
    int error;
} refusals[] = {
    {0, -EINVAL},
    {INT_MAX / 16 + 1, -EINVAL},
    {(size_t)INT_MAX + 1, -EINVAL},
    {SIZE_MAX / 16 + 2, -EINVAL},
    {SIZE_MAX, -EINVAL},
    {INT_MAX / 16, -ENOMEM},
    {1, -ENOMEM},
};

START_TEST(a_refusal_leaves_the_buffer_as_it_was)
{
    rdy_event item;
    rdy_events events = {&item, 42, 43};
    memory_is_short = true;
    ck_assert_int_eq(rdy_events_alloc(refusals[_i].capacity, &events), refusals[_i].error);
    ck_assert_ptr_eq(events.items, &item);
    ck_assert_uint_eq(events.count, 42);
    ck_assert_uint_eq(events.capacity, 43);
}
END_TEST

START_TEST(clearing_forgets_the_events_and_keeps_the_room)
{
    rdy_events events;
    ck_assert_int_eq(rdy_events_alloc(8, &events), 0);
    const rdy_event *items = events.items;
    events.count = 8;
    rdy_events_clear(&events);
    ck_assert_uint_eq(events.count, 0);
    ck_assert_uint_eq(events.capacity, 8);
    ck_assert_ptr_eq(events.items, items);
    rdy_events_free(&events);
}
END_TEST

START_TEST(a_freed_buffer_is_zeroed_and_may_be_freed_again)
{
    rdy_events events;
    ck_assert_int_eq(rdy_events_alloc(8, &events), 0);
    events.count = 3;
    rdy_events_free(&events);
    ck_assert_ptr_null(events.items);
    ck_assert_uint_eq(events.count, 0);
    ck_assert_uint_eq(events.capacity, 0);
    rdy_events_free(&events);
    rdy_events_free(NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("events");
    TCase *tests = tcase_create("buffer");
    suite_add_tcase(suite, tests);
    tcase_add_loop_test(tests, each_event_has_the_room_that_a_backend_may_use, 0, COUNT(capacities));
    tcase_add_loop_test(tests, a_refusal_leaves_the_buffer_as_it_was, 0, COUNT(refusals));
    tcase_add_test(tests, clearing_forgets_the_events_and_keeps_the_room);
    tcase_add_test(tests, a_freed_buffer_is_zeroed_and_may_be_freed_again);
    return run_suite(suite);
}
