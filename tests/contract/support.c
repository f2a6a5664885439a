#include "tests/contract/support.h"

#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SECONDS_FOR_A_TEST      30
#define SECONDS_FOR_MANY_ROUNDS 300

struct subject subject;

/* ---- suites ---- */

static void open_subject(const rdy_poll_options *options)
{
    ck_assert_int_eq(rdy_poll_open(options, &subject.poll), 0);
    subject.registry = rdy_poll_registry(subject.poll);
}

static void set_up(void)
{
    open_subject(NULL);
    ck_assert_int_eq(rdy_events_alloc(64, &subject.events), 0);
}

static void tear_down(void)
{
    close_sources();
    rdy_poll_close(subject.poll);
    rdy_events_free(&subject.events);
    subject = (struct subject){0};
}

void reopen_subject(const rdy_poll_options *options)
{
    rdy_poll_close(subject.poll);
    open_subject(options);
}

static const char *asked_backend(void)
{
    const char *asked = getenv("RDY_BACKEND");
    return asked != NULL ? asked : rdy_backends()[0];
}

static bool is_libkqueue(void)
{
#ifdef __linux__
    return strcmp(asked_backend(), "kqueue") == 0;
#else
    return false;
#endif
}

bool socket_errors_are_eaten(void)
{
    return is_libkqueue();
}

bool nesting_is_missing(void)
{
    return is_libkqueue();
}

bool filters_outlive_descriptors(void)
{
    return is_libkqueue();
}

bool descriptors_come_back_late(void)
{
    return is_libkqueue();
}

START_TEST(the_backend_is_the_one_asked_for)
{
    ck_assert_str_eq(rdy_poll_backend(subject.poll), asked_backend());
}
END_TEST

TCase *contract_case(Suite *suite, const char *name)
{
    TCase *tests = tcase_create(name);
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_set_timeout(tests, rounds(0) == 0 ? SECONDS_FOR_A_TEST : SECONDS_FOR_MANY_ROUNDS);
    suite_add_tcase(suite, tests);
    return tests;
}

Suite *contract_suite(const char *name)
{
    Suite *suite = suite_create(name);
    tcase_add_test(contract_case(suite, "backend"), the_backend_is_the_one_asked_for);
    return suite;
}

/* ---- registering and waiting ---- */

void watch(rdy_source *source, rdy_token token, rdy_interest interest)
{
    ck_assert_int_eq(rdy_registry_register(subject.registry, source, token, interest), 0);
}

void watch_again(rdy_source *source, rdy_token token, rdy_interest interest)
{
    ck_assert_int_eq(rdy_registry_reregister(subject.registry, source, token, interest), 0);
}

uint32_t flags_for(rdy_token token)
{
    uint32_t flags = 0;
    for (size_t i = 0; i < subject.events.count; i++)
        if (subject.events.items[i].token == token)
            flags |= subject.events.items[i].flags;
    return flags;
}

int events_for(rdy_token token)
{
    int count = 0;
    for (size_t i = 0; i < subject.events.count; i++)
        count += subject.events.items[i].token == token;
    return count;
}

uint32_t wait_for(rdy_token token, uint32_t flags)
{
    const int64_t deadline = rdy_clock_after(rdy_clock_now(), GENEROUS);
    uint32_t seen = 0;
    while ((seen & flags) != flags) {
        const int64_t left = rdy_clock_until(rdy_clock_now(), deadline);
        ck_assert_msg(left > 0, "token %" PRIuPTR ": flags %#x did not come, only %#x", token, flags, seen);
        const int count = rdy_poll_wait(subject.poll, &subject.events, left);
        ck_assert_int_ge(count, 0);
        ck_assert_msg(events_for(token) == count, "an event for another token than %" PRIuPTR, token);
        seen |= flags_for(token);
    }
    return seen;
}

void expect_silence(void)
{
    char text[RDY_EVENT_TEXT_MAX] = "";
    const int count = rdy_poll_wait(subject.poll, &subject.events, SILENCE);
    if (count > 0)
        rdy_event_print(subject.events.items[0], text, sizeof text);
    ck_assert_msg(count == 0, "wait gave %d instead of silence: %s", count, text);
}

/* ---- what is used ---- */

int count_descriptors(int *inheritable)
{
    int count = 0;
    *inheritable = 0;
    for (int fd = 0; fd < 256; fd++) {
        const int flags = fcntl(fd, F_GETFD);
        count += flags >= 0;
        *inheritable += flags >= 0 && (flags & FD_CLOEXEC) == 0;
    }
    return count;
}

void wait_until_descriptors_are(int expected)
{
    const int64_t deadline = rdy_clock_after(rdy_clock_now(), GENEROUS);
    int inheritable;
    while (count_descriptors(&inheritable) != expected && rdy_clock_now() < deadline)
        pause_briefly();
    ck_assert_int_eq(count_descriptors(&inheritable), expected);
}

int64_t processor_time(void)
{
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return time.tv_sec * RDY_SECOND + time.tv_nsec;
}

/* ---- threads ---- */

int rounds(int by_default)
{
    const char *asked = getenv("RDY_TEST_ROUNDS");
    return asked != NULL ? atoi(asked) : by_default;
}

pthread_t start_thread(void *(*body)(void *), void *argument)
{
    pthread_t thread;
    ck_assert_int_eq(pthread_create(&thread, NULL, body, argument), 0);
    return thread;
}

void *join_thread(pthread_t thread)
{
    void *result = NULL;
    ck_assert_int_eq(pthread_join(thread, &result), 0);
    return result;
}

void pause_briefly(void)
{
    const struct timespec millisecond = {.tv_nsec = 1000000};
    nanosleep(&millisecond, NULL);
}

/* proc(5): the letter after the parenthesis is the state. The main thread has the number of its process. */
static char state_of_main(void)
{
    char path[64];
    char line[256] = "";
    snprintf(path, sizeof path, "/proc/self/task/%d/stat", (int)getpid());
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return 'S';
    char *end = fgets(line, sizeof line, file) == NULL ? NULL : strrchr(line, ')');
    fclose(file);
    return end == NULL ? 'S' : end[2];
}

void wait_until_main_sleeps(void)
{
    do
        pause_briefly();
    while (state_of_main() != 'S');
}

static struct {
    pthread_t sender, target;
    atomic_bool enough;
} signals;

static void *send_signals(void *unused)
{
    while (!atomic_load(&signals.enough)) {
        pthread_kill(signals.target, SIGUSR1);
        pause_briefly();
    }
    return unused;
}

void start_signals(void)
{
    signals.target = pthread_self();
    atomic_store(&signals.enough, false);
    signals.sender = start_thread(send_signals, NULL);
}

void stop_signals(void)
{
    atomic_store(&signals.enough, true);
    join_thread(signals.sender);
}
