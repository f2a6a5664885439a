#include "reactor/os/poll_flags.h"

#include <stdbool.h>

#include "tests/suite.h"

#define READABLE     RDY_EVENT_READABLE
#define WRITABLE     RDY_EVENT_WRITABLE
#define ERROR        RDY_EVENT_ERROR
#define PRIORITY     RDY_EVENT_PRIORITY
#define READ_CLOSED  RDY_EVENT_READ_CLOSED
#define WRITE_CLOSED RDY_EVENT_WRITE_CLOSED
#define CLOSED       (READ_CLOSED | WRITE_CLOSED)

/* ---- what kernels say in situations that a program can bring about ---- */

static const struct {
    const char *situation;
    uint32_t bits;
    uint32_t flags;
} rows[] = {
    {"nothing", 0, 0},
    {"data", POLLIN, READABLE},
    {"room", POLLOUT, WRITABLE},
    {"data and room", POLLIN | POLLOUT, READABLE | WRITABLE},
    {"urgent data alone", POLLPRI, READABLE | PRIORITY},
    {"urgent data and data", POLLIN | POLLPRI, READABLE | PRIORITY},
    {"never connected", POLLHUP | POLLOUT, WRITABLE},
    {"closed, asked for readable", POLLHUP, READABLE | CLOSED},
    {"closed with data left", POLLHUP | POLLIN, READABLE | CLOSED},
    {"closed", POLLHUP | POLLIN | POLLOUT, READABLE | WRITABLE | CLOSED},
    {"failed", POLLHUP | POLLERR | POLLIN | POLLOUT, READABLE | WRITABLE | ERROR | CLOSED},
    {"failed, asked for readable", POLLHUP | POLLERR | POLLIN, READABLE | ERROR | CLOSED},
    {"failed, asked for writable", POLLHUP | POLLERR | POLLOUT, WRITABLE | ERROR | CLOSED},
    {"failed while full, asked for writable", POLLHUP | POLLERR, READABLE | WRITABLE | ERROR | CLOSED},
    {"full pipe without a reader", POLLERR, READABLE | WRITABLE | ERROR | WRITE_CLOSED},
    {"data, and an error that ends nothing", POLLERR | POLLIN, READABLE | WRITABLE | ERROR},
    {"pipe without a reader", POLLERR | POLLOUT, READABLE | WRITABLE | ERROR | WRITE_CLOSED},
#ifdef __linux__
    {"peer shut its writing", POLLIN | POLLRDHUP, READABLE | READ_CLOSED},
    {"peer shut its writing, room", POLLIN | POLLOUT | POLLRDHUP, READABLE | WRITABLE | READ_CLOSED},
    {"closed on both sides", POLLHUP | POLLIN | POLLOUT | POLLRDHUP, READABLE | WRITABLE | CLOSED},
#endif
};

START_TEST(each_situation_has_its_flags)
{
    const uint32_t flags = rdy_flags_from_poll(rows[_i].bits);
    ck_assert_msg(flags == rows[_i].flags, "%s: %#x instead of %#x", rows[_i].situation, flags,
                  rows[_i].flags);
}
END_TEST

/* ---- what holds for every combination ---- */

#define COMBINATIONS (1 << 6)

static uint32_t bits_of(int combination)
{
    static const uint32_t all[] = {POLLIN, POLLOUT, POLLERR, POLLHUP, POLLPRI, POLLRDHUP};
    uint32_t bits = 0;
    for (int i = 0; i < COUNT(all); i++)
        if (combination >> i & 1)
            bits |= all[i];
    return bits;
}

static void expect(bool holds, const char *rule, uint32_t bits)
{
    ck_assert_msg(holds, "%s: %#x gives %#x", rule, bits, rdy_flags_from_poll(bits));
}

START_TEST(whatever_the_kernel_says_is_readable_or_writable)
{
    for (int i = 1; i < COMBINATIONS; i++) {
        const uint32_t bits = bits_of(i);
        const uint32_t flags = rdy_flags_from_poll(bits);
        expect(bits == 0 || (flags & (READABLE | WRITABLE)), "nobody hears of it", bits);
    }
}
END_TEST

/* Who asked for readable alone is never told POLLOUT, nor the other way round; ERR and HUP come unasked. */
START_TEST(who_asked_for_one_direction_hears_of_it)
{
    for (int i = 0; i < COMBINATIONS; i++) {
        const uint32_t bits = bits_of(i);
        const uint32_t flags = rdy_flags_from_poll(bits);
        const bool for_reader = bits & (POLLIN | POLLPRI | POLLRDHUP) || (bits != 0 && !(bits & POLLOUT));
        const bool for_writer =
            bits & POLLOUT || bits == (POLLHUP | POLLERR) || (bits & POLLERR && !(bits & POLLHUP));
        expect(!for_reader || (flags & READABLE), "a reader hangs", bits);
        expect(!for_writer || (flags & WRITABLE), "a writer hangs", bits);
    }
}
END_TEST

static const struct {
    const char *name;
    uint32_t flag;
    uint32_t reasons;
} rules[] = {
    {"readable", READABLE, POLLIN | POLLPRI | POLLRDHUP | POLLHUP | POLLERR},
    {"writable", WRITABLE, POLLOUT | POLLERR},
    {"error", ERROR, POLLERR},
    {"priority", PRIORITY, POLLPRI},
    {"read closed", READ_CLOSED, POLLHUP | POLLRDHUP},
    {"write closed", WRITE_CLOSED, POLLHUP | POLLERR},
};

START_TEST(no_flag_is_made_up)
{
    for (int i = 0; i < COMBINATIONS; i++) {
        const uint32_t bits = bits_of(i);
        if (!(bits & rules[_i].reasons))
            expect(!(rdy_flags_from_poll(bits) & rules[_i].flag), rules[_i].name, bits);
    }
}
END_TEST

START_TEST(errors_urgent_data_and_closes_are_told)
{
    for (int i = 0; i < COMBINATIONS; i++) {
        const uint32_t bits = bits_of(i);
        const uint32_t flags = rdy_flags_from_poll(bits);
        const bool hung_up = bits & POLLHUP && bits != (POLLHUP | POLLOUT);
        expect(!(bits & POLLERR) || (flags & ERROR), "no error", bits);
        expect(!(bits & POLLPRI) || (flags & PRIORITY), "no priority", bits);
        expect(!(bits & POLLRDHUP) || (flags & READ_CLOSED), "not read closed", bits);
        expect(!hung_up || (flags & CLOSED) == CLOSED, "not closed", bits);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("poll_flags");
    TCase *tests = tcase_create("flags");
    suite_add_tcase(suite, tests);
    tcase_add_loop_test(tests, each_situation_has_its_flags, 0, COUNT(rows));
    tcase_add_test(tests, whatever_the_kernel_says_is_readable_or_writable);
    tcase_add_test(tests, who_asked_for_one_direction_hears_of_it);
    tcase_add_loop_test(tests, no_flag_is_made_up, 0, COUNT(rules));
    tcase_add_test(tests, errors_urgent_data_and_closes_are_told);
    return run_suite(suite);
}
