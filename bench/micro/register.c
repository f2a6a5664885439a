#include "bench/micro/register.h"

#include <stdio.h>
#include <sys/socket.h>

static int ours[REGISTER_WATCHED], theirs[REGISTER_WATCHED];

static void make_pairs(void)
{
    for (unsigned i = 0; i < REGISTER_WATCHED; i++) {
        int ends[2];
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) < 0)
            micro_fail("socketpair");
        ours[i] = ends[0];
        theirs[i] = ends[1];
    }
}

static double pair_ns(long rounds, enum register_turns turns)
{
    register_round(turns);
    const int64_t start = micro_now_ns();
    for (long round = 0; round < rounds; round++)
        register_round(turns);
    return (double)(micro_now_ns() - start) / (double)(rounds * REGISTER_WATCHED);
}

static double turn_ns(long count)
{
    const int64_t start = micro_now_ns();
    for (long i = 0; i < count; i++)
        register_turn();
    return (double)(micro_now_ns() - start) / (double)count;
}

/* After all that, each is watched, and once. */
static void check_registrations(void)
{
    unsigned readable = 0;
    for (unsigned i = 0; i < REGISTER_WATCHED; i++)
        if (send(theirs[i], "", 1, MSG_NOSIGNAL) != 1)
            micro_fail("send");
    for (unsigned turn = 0; turn < REGISTER_WATCHED; turn++)
        readable += register_turn();
    if (readable != REGISTER_WATCHED)
        micro_wrong("not every descriptor is watched");
}

int main(int argc, char **argv)
{
    if (argc != 2)
        micro_usage(argv[0], "PAIRS (in whole thousands)");
    const long rounds =
        (micro_number("PAIRS", argv[1], 1, 100000000) + REGISTER_WATCHED - 1) / REGISTER_WATCHED;
    const long pairs = rounds * REGISTER_WATCHED;

    micro_raise_descriptor_limit();
    make_pairs();
    register_open(ours);
    const double alone = pair_ns(rounds, REGISTER_NO_TURN);
    const double with_turn = pair_ns(rounds, REGISTER_TURN_AFTER_PAIR);
    const double with_turns = pair_ns(rounds, REGISTER_TURN_AFTER_HALF);
    const double turn = turn_ns(pairs);
    check_registrations();
    printf("{\"pairs\": %ld, \"ns_per_pair\": %.1f, \"lazy_ns_per_pair\": %.1f, \"apart_ns_per_pair\": %.1f, "
           "\"turn_ns\": %.1f}\n",
           pairs, with_turn, alone, with_turns, turn);
    return 0;
}
