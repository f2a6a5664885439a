/*
 * Plays crowds of clients against an echo server and checks every byte that comes back.
 *
 *   hostile SERVER SEED SECONDS ROLE:CLIENTS[:LIVES]...
 *
 * Runs until the time is over or its input ends. Prints a line for each crowd as it finishes, and what was lost on
 * stderr. What each client does in each of its lives follows from the seed; when it does it, no seed can tell.
 * Exit status: 0, 1 if anything was lost, 2 for wrong arguments or no memory.
 */

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "net/address.h"
#include "reactor/clock.h"
#include "reactor/error.h"
#include "tests/hostile/crowd.h"

enum { CROWDS_MAX = 16, CLIENTS_MAX = 1 << 20 };

struct order {
    enum role role;
    uint32_t clients;
    uint64_t lives;
};

/* Moves on behind the number. */
static bool read_number(const char **text, uint64_t *number)
{
    char *end = NULL;
    errno = 0;
    *number = isdigit((unsigned char)**text) ? strtoull(*text, &end, 10) : 0;
    const bool read = end != NULL && errno == 0;
    *text = read ? end : *text;
    return read;
}

static bool read_order(const char *text, struct order *order)
{
    char name[32] = "";
    const size_t length = strcspn(text, ":");
    uint64_t clients = 0;
    if (length >= sizeof name || text[length] != ':')
        return false;
    memcpy(name, text, length);
    order->role = plan_role(name);
    text += length + 1;
    bool right = read_number(&text, &clients) && clients > 0 && clients < CLIENTS_MAX;
    order->clients = (uint32_t)clients;
    if (right && *text == ':') {
        text++;
        right = read_number(&text, &order->lives);
    }
    return right && *text == '\0' && order->role != ROLES;
}

static int refuse(const char *what, const char *why)
{
    fprintf(stderr, "hostile: %s: %s\n", what, why);
    return 2;
}

/* Until the time is over, or the input ends. */
static void wait_for_end(double seconds)
{
    const int64_t end_ns = rdy_clock_now() + (int64_t)(seconds * (double)RDY_SECOND);
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    char byte;
    for (int64_t left_ns; (left_ns = end_ns - rdy_clock_now()) > 0;) {
        const int64_t step_ns = left_ns < 1000 * RDY_SECOND ? left_ns : 1000 * RDY_SECOND;
        const int ready = poll(&input, 1, (int)(step_ns / RDY_MILLISECOND) + 1);
        if (ready > 0 && read(STDIN_FILENO, &byte, 1) <= 0)
            return;
    }
}

static int play(const rdy_address *server, uint64_t seed, double seconds, const struct order *orders,
                int count)
{
    struct crowd *const crowds = calloc((size_t)count, sizeof *crowds);
    int error = crowds == NULL ? -ENOMEM : 0;
    int started = 0;
    for (; started < count && error == 0; started += error == 0)
        error = crowd_start(&crowds[started], server, seed, orders[started].role,
                            (uint32_t)started * CLIENTS_MAX, orders[started].clients, orders[started].lives);
    if (error == 0)
        wait_for_end(seconds);
    uint64_t lost = 0;
    for (int i = 0; i < started; i++) {
        crowd_finish(&crowds[i]);
        lost += crowds[i].tally.lost;
    }
    free(crowds);
    return error != 0 ? refuse("cannot start", rdy_error_sentence(error)) : lost > 0;
}

/* A crowd may be larger than what many shells allow at first. */
static void raise_limit(void)
{
    struct rlimit limits;
    if (getrlimit(RLIMIT_NOFILE, &limits) != 0)
        return;
    limits.rlim_cur = limits.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limits);
}

int main(int argc, char **argv)
{
    rdy_address server;
    struct order orders[CROWDS_MAX] = {{.lives = 0}};
    uint64_t seed = 0;
    const int count = argc - 4;
    if (count < 1 || count > CROWDS_MAX)
        return refuse("usage", "hostile SERVER SEED SECONDS ROLE:CLIENTS[:LIVES]...");
    if (rdy_address_parse(argv[1], &server) != 0)
        return refuse(argv[1], "not an address");
    const char *text = argv[2];
    if (!read_number(&text, &seed) || *text != '\0')
        return refuse(argv[2], "not a seed");
    for (int i = 0; i < count; i++)
        if (!read_order(argv[4 + i], &orders[i]))
            return refuse(argv[4 + i], "expected ROLE:CLIENTS[:LIVES]");
    (void)signal(SIGPIPE, SIG_IGN);
    raise_limit();
    return play(&server, seed, strtod(argv[3], NULL), orders, count);
}
