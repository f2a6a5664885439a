#include "bench/micro/timers.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { MILLISECOND = 1000000, SPAN_MS = 10000, STEP_MS = 10, BEGIN_S = 1000 };

struct scene {
    int64_t *delays;
    unsigned *order; /* of the places, at random: the first half is cancelled */
    unsigned count, cancelled;
    uint64_t due[SPAN_MS + STEP_MS + 1]; /* how many are due by each millisecond */
};

struct measured {
    int64_t first_insert_ns, insert_ns, cancel_ns, expire_ns;
    double bytes_each;
};

struct timers_expired timers_expired;

static struct timespec shown = {.tv_sec = BEGIN_S};

/* In place of the C library's, for all that this program is linked with. */
int clock_gettime(clockid_t clock, struct timespec *now)
{
    (void)clock;
    *now = shown;
    return 0;
}

static void show_time(int milliseconds)
{
    shown.tv_sec = BEGIN_S + milliseconds / 1000;
    shown.tv_nsec = milliseconds % 1000 * (long)MILLISECOND;
}

static int64_t true_time(void)
{
    struct timespec now;
    syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Of George Marsaglia, 2003: the same numbers in each run. */
static uint64_t random_number(void)
{
    static uint64_t state = 88172645463325252U;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static void shuffle(unsigned *places, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        places[i] = i;
    for (unsigned i = count; i > 1; i--) {
        const unsigned other = (unsigned)(random_number() % i), place = places[i - 1];
        places[i - 1] = places[other];
        places[other] = place;
    }
}

static void set(struct scene *scene, unsigned count)
{
    scene->count = count;
    scene->cancelled = count / 2;
    scene->delays = calloc(count, sizeof *scene->delays);
    scene->order = calloc(count, sizeof *scene->order);
    if (scene->delays == NULL || scene->order == NULL)
        micro_fail("calloc");
    for (unsigned i = 0; i < count; i++)
        scene->delays[i] = 1 + (int64_t)(random_number() % ((uint64_t)SPAN_MS * MILLISECOND));
    shuffle(scene->order, count);
    for (unsigned i = scene->cancelled; i < count; i++)
        scene->due[(scene->delays[scene->order[i]] + MILLISECOND - 1) / MILLISECOND]++;
    for (unsigned i = 1; i < SPAN_MS + STEP_MS + 1; i++)
        scene->due[i] += scene->due[i - 1];
}

static size_t allocated(void)
{
    const struct mallinfo2 heap = mallinfo2();
    return heap.uordblks + heap.hblkhd;
}

/* The first time the library's arrays grow, if it has any; after that all memory is there. */
static void warm_up(const struct scene *scene, struct measured *measured)
{
    const size_t before = allocated();
    timers_open(scene->count);
    const int64_t start = true_time();
    timers_insert(scene->delays, scene->count);
    measured->first_insert_ns = true_time() - start;
    measured->bytes_each = (double)(allocated() - before) / scene->count;
    timers_cancel(scene->order, scene->count);
}

static int64_t expire(const struct scene *scene)
{
    int64_t spent = 0;
    for (int now = STEP_MS; now <= SPAN_MS + STEP_MS; now += STEP_MS) {
        show_time(now);
        const int64_t start = true_time();
        timers_turn();
        spent += true_time() - start;
        if (timers_expired.count < scene->due[now - 1] || timers_expired.count > scene->due[now])
            micro_wrong("timers expired early or late");
    }
    return spent;
}

static void check_places(const struct scene *scene)
{
    uint64_t places = 0;
    for (unsigned i = scene->cancelled; i < scene->count; i++)
        places += scene->order[i];
    if (timers_expired.count != scene->count - scene->cancelled || timers_expired.places != places)
        micro_wrong("not the timers expired that were left");
}

static void measure(const struct scene *scene, struct measured *measured)
{
    const int64_t start = true_time();
    timers_insert(scene->delays, scene->count);
    const int64_t inserted = true_time();
    timers_cancel(scene->order, scene->cancelled);
    measured->cancel_ns = true_time() - inserted;
    measured->insert_ns = inserted - start;
    measured->expire_ns = expire(scene);
}

int main(int argc, char **argv)
{
    static struct scene scene;
    struct measured measured;
    if (argc != 2)
        micro_usage(argv[0], "TIMERS");
    set(&scene, (unsigned)micro_number("TIMERS", argv[1], 2, 10000000));
    warm_up(&scene, &measured);
    measure(&scene, &measured);
    check_places(&scene);
    printf("{\"timers\": %u, \"cancelled\": %u, \"expired\": %llu, \"first_insert_ns\": %.1f, "
           "\"insert_ns\": %.1f, \"cancel_ns\": %.1f, \"expire_ns\": %.1f, \"bytes_per_timer\": %.1f}\n",
           scene.count, scene.cancelled, (unsigned long long)timers_expired.count,
           (double)measured.first_insert_ns / scene.count, (double)measured.insert_ns / scene.count,
           (double)measured.cancel_ns / scene.cancelled,
           (double)measured.expire_ns / (double)timers_expired.count, measured.bytes_each);
    free(scene.delays);
    free(scene.order);
    return 0;
}
