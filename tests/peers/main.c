/*
 * A set of local TCP peers, each with a known way to behave: what rdy's programs say about them can be
 * checked. It shares no line with rdy, so that a mistake there cannot hide itself here.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/peers/blackhole.h"
#include "tests/peers/fail.h"
#include "tests/peers/options.h"
#include "tests/peers/server.h"

/* Everything here is sockets and memory, which the kernel takes back. */
static void leave(int signal_number)
{
    (void)signal_number;
    _exit(EXIT_SUCCESS);
}

static void set_up_signals(void)
{
    const struct sigaction leaving = {.sa_handler = leave};
    const struct sigaction ignoring = {.sa_handler = SIG_IGN};
    if (sigaction(SIGTERM, &leaving, NULL) < 0 || sigaction(SIGINT, &leaving, NULL) < 0 ||
        sigaction(SIGPIPE, &ignoring, NULL) < 0)
        fail("sigaction");
}

/* Where the kernel does not allow it, the first socket too many says so. */
static void raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        fail("getrlimit");
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}

static size_t count_peers(const struct options *options)
{
    size_t count = 0;
    for (size_t kind = 0; kind < PEER_KINDS; kind++)
        count += options->counts[kind];
    return count;
}

static void open_kind(struct peer *peers, size_t first, enum peer_kind kind, const struct options *options)
{
    const size_t count = options->counts[kind];
    for (size_t number = first; number < first + count; number++) {
        peers[number] = (struct peer){
            .kind = kind,
            .number = number,
            .info_hash = options->has_info_hash ? options->info_hash : NULL,
            .content = &options->content,
        };
        peer_open(&peers[number], options->ipv6);
    }
    if (kind == PEER_UNRESPONSIVE)
        blackhole_fill(peers + first, count);
}

static void open_peers(struct peer *peers, const struct options *options)
{
    size_t first = 0;
    for (enum peer_kind kind = 0; kind < PEER_KINDS; kind++) {
        open_kind(peers, first, kind, options);
        first += options->counts[kind];
    }
}

static void announce(const struct peer *peers, size_t count)
{
    for (size_t i = 0; i < count; i++)
        peer_print(&peers[i]);
    (void)puts("ready");
    if (fflush(stdout) != 0)
        fail("standard output");
}

int main(int argc, char **argv)
{
    struct options options;
    options_parse(argc, argv, &options);
    set_up_signals();
    raise_descriptor_limit();

    const size_t count = count_peers(&options);
    struct peer *peers = calloc(count + 1, sizeof(*peers));
    if (peers == NULL)
        fail("memory");
    open_peers(peers, &options);
    announce(peers, count);
    server_run(peers, count);
    free(peers);
    return EXIT_SUCCESS;
}
