#include "tests/hostile/tally.h"

#include <inttypes.h>

static long microseconds(const struct latency *latency, double part)
{
    return (long)(latency_percentile(latency, part) / 1000);
}

static void print_count(const char *name, uint64_t count)
{
    printf(" %s=%" PRIu64, name, count);
}

void tally_print(const struct tally *tally, const char *title)
{
    printf("%s:", title);
    print_count("attempts", tally->attempts);
    print_count("connected", tally->connected);
    print_count("unanswered", tally->unanswered);
    print_count("local", tally->local);
    print_count("ended", tally->ended);
    print_count("ended_bytes", tally->ended_bytes);
    print_count("dismissed", tally->dismissed);
    print_count("left", tally->left);
    print_count("left_sent", tally->left_sent);
    print_count("left_received", tally->left_received);
    print_count("silent", tally->silent);
    print_count("lost", tally->lost);
    print_count("messages", tally->round_trip.count);
    printf(" p50_us=%ld p99_us=%ld\n", microseconds(&tally->round_trip, 0.5),
           microseconds(&tally->round_trip, 0.99));
    (void)fflush(stdout);
}
