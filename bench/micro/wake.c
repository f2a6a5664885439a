#include "bench/micro/wake.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

/* What costs little is done more often. */
enum { REPEATED = 20 };

struct run {
    struct wake_loop *loop, *peer;
    uint64_t goal, seen;
    const atomic_bool *over;
};

static size_t first_core, last_core;

/*
 * The two threads stay apart, each on a core of its own if the process may use two: where the system puts a thread that
 * is woken is its guess, and makes a hop ten times as long or as short.
 */
static void stay_on(size_t core)
{
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(core, &one);
    errno = pthread_setaffinity_np(pthread_self(), sizeof one, &one);
    if (errno != 0)
        micro_fail("pthread_setaffinity_np");
}

static void choose_cores(void)
{
    cpu_set_t allowed;
    if (sched_getaffinity(0, sizeof allowed, &allowed) < 0)
        micro_fail("sched_getaffinity");
    first_core = CPU_SETSIZE;
    for (size_t core = 0; core < CPU_SETSIZE; core++)
        if (CPU_ISSET(core, &allowed)) {
            first_core = first_core < core ? first_core : core;
            last_core = core;
        }
}

static void *run_loop(void *argument)
{
    struct run *run = argument;
    stay_on(last_core);
    run->seen = wake_run(run->loop, run->peer, run->goal, run->over);
    return NULL;
}

/* Answers one wake, so that it is known to run. */
static void *run_flooded_loop(void *argument)
{
    struct run *run = argument;
    stay_on(last_core);
    wake_run(run->loop, run->peer, 1, NULL);
    run->seen = wake_run(run->loop, NULL, run->goal, run->over);
    return NULL;
}

static pthread_t start(void *(*body)(void *), struct run *run)
{
    pthread_t thread;
    errno = pthread_create(&thread, NULL, body, run);
    if (errno != 0)
        micro_fail("pthread_create");
    return thread;
}

static struct wake_loop *open_loop(int64_t spin_ns)
{
    struct wake_loop *loop = wake_open(spin_ns);
    if (loop == NULL) {
        fprintf(stderr, "SPIN_NS: this library does not look before it sleeps\n");
        exit(2);
    }
    return loop;
}

/* A wake is lost if this does not end. */
static int64_t bounce(struct wake_loop *one, struct wake_loop *other, uint64_t rounds)
{
    struct run answers = {.loop = other, .peer = one, .goal = rounds};
    const int64_t begin = micro_now_ns();
    const pthread_t thread = start(run_loop, &answers);
    wake_loop_up(other);
    const uint64_t seen = wake_run(one, other, rounds, NULL);
    pthread_join(thread, NULL);
    const int64_t spent = micro_now_ns() - begin;
    if (seen != rounds || answers.seen != rounds)
        micro_wrong("a wake was lost or came twice");
    return spent;
}

static double latency(uint64_t rounds, int64_t spin_ns)
{
    struct wake_loop *one = open_loop(spin_ns), *other = open_loop(spin_ns);
    bounce(one, other, rounds / 10 + 1);
    wake_run(other, NULL, 1, NULL); /* what `one` answered last */
    return (double)bounce(one, other, rounds) / (2.0 * (double)rounds);
}

static double repeated(uint64_t count, int64_t spin_ns)
{
    struct wake_loop *loop = open_loop(spin_ns);
    wake_loop_up(loop);
    const int64_t begin = micro_now_ns();
    for (uint64_t i = 0; i < count; i++)
        wake_loop_up(loop);
    const int64_t spent = micro_now_ns() - begin;
    if (wake_run(loop, NULL, 1, NULL) != 1)
        micro_wrong("the wakes that were pending are not one");
    return (double)spent / (double)count;
}

static double throughput(uint64_t count, int64_t spin_ns, uint64_t *seen)
{
    atomic_bool over = false;
    struct wake_loop *own = open_loop(0);
    struct run run = {.loop = open_loop(spin_ns), .peer = own, .goal = UINT64_MAX, .over = &over};
    const pthread_t thread = start(run_flooded_loop, &run);
    wake_loop_up(run.loop);
    wake_run(own, NULL, 1, NULL);
    const int64_t begin = micro_now_ns();
    for (uint64_t i = 0; i < count; i++)
        wake_loop_up(run.loop);
    const int64_t spent = micro_now_ns() - begin;
    atomic_store_explicit(&over, true, memory_order_release);
    wake_loop_up(run.loop);
    pthread_join(thread, NULL);
    *seen = run.seen;
    return (double)spent / (double)count;
}

int main(int argc, char **argv)
{
    if (argc != 2 && argc != 3)
        micro_usage(argv[0], "ROUNDS [SPIN_NS]");
    const uint64_t rounds = (uint64_t)micro_number("ROUNDS", argv[1], 1, 10000000);
    const int64_t spin_ns = argc == 3 ? micro_number("SPIN_NS", argv[2], 0, 1000000000) : 0;
    uint64_t seen;
    choose_cores();
    stay_on(first_core);
    const double hop = latency(rounds, spin_ns);
    const double again = repeated(rounds * REPEATED, spin_ns);
    const double each = throughput(rounds * REPEATED, spin_ns, &seen);
    printf(
        "{\"rounds\": %llu, \"wakes\": %llu, \"spin_ns\": %lld, \"latency_ns\": %.1f, \"repeated_ns\": %.1f, "
        "\"throughput_ns\": %.1f, \"seen\": %llu}\n",
        (unsigned long long)rounds, (unsigned long long)(rounds * REPEATED), (long long)spin_ns, hop, again,
        each, (unsigned long long)seen);
    return 0;
}
