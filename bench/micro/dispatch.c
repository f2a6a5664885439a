#include "bench/micro/dispatch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How many hops are made between two looks at the clock. */
enum { STEP = 10000 };

struct ring {
    struct dispatch_station *stations;
    unsigned active, total;
};

struct measured {
    uint64_t events;
    int64_t wall_ns, cpu_ns;
};

static void connect_stations(struct ring *ring)
{
    ring->stations = calloc(ring->total, sizeof *ring->stations);
    if (ring->stations == NULL)
        micro_fail("calloc");
    for (unsigned i = 0; i < ring->total; i++) {
        int ends[2];
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) < 0)
            micro_fail("socketpair");
        ring->stations[i].out = ends[0];
        ring->stations[(i + 1) % ring->total].in = ends[1];
    }
}

/* Where the token `i` begins: they are spread evenly. */
static unsigned start_of(const struct ring *ring, unsigned i)
{
    return (unsigned)((uint64_t)i * ring->total / ring->active);
}

/* To the station before, which sends it to its own. Returns the sum of the places where the tokens begin. */
static uint64_t place_tokens(const struct ring *ring)
{
    uint64_t places = 0;
    for (unsigned i = 0; i < ring->active; i++) {
        const unsigned start = start_of(ring, i);
        if (send(ring->stations[(start + ring->total - 1) % ring->total].out, "", 1, MSG_NOSIGNAL) != 1)
            micro_fail("send");
        places += start;
    }
    return places;
}

/* No token is lost or doubled, and the places where they ended tell how many hops they made, but for whole rounds. */
static void check_tokens(const struct ring *ring, uint64_t start_places, uint64_t hops)
{
    char tokens[DISPATCH_MOST_ACTIVE];
    uint64_t places = 0;
    unsigned found = 0;
    for (unsigned i = 0; i < ring->total; i++) {
        const ssize_t count = recv(ring->stations[i].in, tokens, sizeof tokens, 0);
        if (count > 0) {
            found += (unsigned)count;
            places += (uint64_t)count * i;
        }
    }
    if (found != ring->active)
        micro_wrong("a token was lost");
    if ((start_places + hops) % ring->total != places % ring->total)
        micro_wrong("an event was not counted");
}

/* For `span_ns`, or for `events` events if there is no span. */
static struct measured measure(int64_t span_ns, uint64_t events)
{
    struct measured measured = {.events = 0};
    const int64_t cpu_start = micro_cpu_ns(), start = micro_now_ns();
    do {
        measured.events += dispatch_run(span_ns > 0 ? STEP : events);
        measured.wall_ns = micro_now_ns() - start;
    } while (measured.wall_ns < span_ns);
    measured.cpu_ns = micro_cpu_ns() - cpu_start;
    return measured;
}

static void print(const struct ring *ring, const struct measured *measured)
{
    printf("{\"active\": %u, \"total\": %u, \"events\": %llu, \"seconds\": %.3f, \"ns_per_event\": %.1f, "
           "\"cpu_ns_per_event\": %.1f}\n",
           ring->active, ring->total, (unsigned long long)measured->events, (double)measured->wall_ns / 1e9,
           (double)measured->wall_ns / (double)measured->events,
           (double)measured->cpu_ns / (double)measured->events);
}

int main(int argc, char **argv)
{
    const int counted = argc == 5 && strcmp(argv[3], "--events") == 0;
    if (argc != 4 && !counted)
        micro_usage(argv[0], "ACTIVE TOTAL SECONDS | ACTIVE TOTAL --events EVENTS");
    struct ring ring = {.total = (unsigned)micro_number("TOTAL", argv[2], 1, 9500)};
    const long most = ring.total < DISPATCH_MOST_ACTIVE ? (long)ring.total : DISPATCH_MOST_ACTIVE;
    ring.active = (unsigned)micro_number("ACTIVE", argv[1], 1, most);
    const int64_t span_ns = counted ? 0 : micro_number("SECONDS", argv[3], 1, 60) * 1000000000;
    const uint64_t events = counted ? (uint64_t)micro_number("EVENTS", argv[4], 1, 1000000000) : 0;

    micro_raise_descriptor_limit();
    connect_stations(&ring);
    dispatch_open(ring.stations, ring.total);
    const uint64_t places = place_tokens(&ring);
    const uint64_t warmed = dispatch_run(ring.total); /* a token has been everywhere */
    const struct measured measured = measure(span_ns, events);
    check_tokens(&ring, places, warmed + measured.events);
    print(&ring, &measured);
    free(ring.stations);
    return 0;
}
