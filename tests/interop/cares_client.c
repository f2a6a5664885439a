/*
 * Looks up NUMBER names, name-I.rdy.test for each I below, over UDP and TCP; closes sockets whose events are on their
 * way; asks a server that never answers.
 *   cares_client MODE SERVER-PORT NUMBER
 */
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <reactor/clock.h>

#include "cares_on_rdy.h"
#include "client.h"

/* dnsmasq ends a TCP connection after 100 queries: few enough that c-ares gives none up for that. */
enum { AT_ONCE = 50, CHANNELS = 4, TIMEOUT_MS = 100 };

static void open_channel(struct loop *loop, int flags, int timeout_ms, int tries, unsigned port,
                         struct cares_on_rdy *cares)
{
    char lookups[] = "b", server[32];
    struct ares_options options = {.flags = flags, .timeout = timeout_ms, .tries = tries, .lookups = lookups};
    snprintf(server, sizeof server, "127.0.0.1:%u", port);
    must(cares_on_rdy_open(loop, &options,
                           ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS,
                           cares) == ARES_SUCCESS &&
             ares_set_servers_ports_csv(cares->channel, server) == ARES_SUCCESS,
         "c-ares opens");
}

/* All names, some at a time. */
struct survey {
    struct cares_on_rdy cares;
    int number, begun, left;
    uint32_t *addresses; /* of each name */
};

static struct question {
    struct survey *survey;
    int name;
} questions[AT_ONCE];

static void ask_next(struct question *question);

static void on_name(void *context, int status, int timeouts, struct hostent *host)
{
    struct question *question = context;
    struct survey *survey = question->survey;
    (void)timeouts;
    must(status == ARES_SUCCESS, ares_strerror(status));
    memcpy(&survey->addresses[question->name], host->h_addr_list[0], sizeof(uint32_t));
    survey->left--;
    ask_next(question);
}

static void ask_next(struct question *question)
{
    struct survey *survey = question->survey;
    char name[64];
    if (survey->begun == survey->number)
        return;
    question->name = survey->begun++;
    snprintf(name, sizeof name, "name-%d.rdy.test", question->name);
    ares_gethostbyname(survey->cares.channel, name, AF_INET, on_name, question);
}

static void look_up_all(const char *scenario, int flags, unsigned port, int number, struct loop *loop)
{
    struct survey survey = {
        .number = number, .left = number, .addresses = calloc((size_t)number, sizeof(uint32_t))};
    must(survey.addresses != NULL, "memory");
    const int64_t started = rdy_clock_now();
    open_channel(loop, flags, 2000, 10, port, &survey.cares);
    for (int i = 0; i < AT_ONCE; i++) {
        questions[i].survey = &survey;
        ask_next(&questions[i]);
    }
    cares_on_rdy_schedule(&survey.cares);
    client_finish(loop, &survey.left);
    cares_on_rdy_close(&survey.cares);
    char amount[32], sum[16];
    snprintf(amount, sizeof amount, "%d names", number);
    snprintf(sum, sizeof sum, "%08x",
             (unsigned)client_checksum(1, survey.addresses, (size_t)number * sizeof(uint32_t)));
    client_report(scenario, amount, sum, started);
    free(survey.addresses);
}

/* Channels of one socket each: who hears an answer first cancels all others and has them ask again. */
static struct channel {
    struct cares_on_rdy cares;
    int fd; /* of the first socket */
    uint32_t address;
    int answers;
} channels[CHANNELS];
static int unanswered;

static int fd_of(const struct channel *channel)
{
    struct loop *loop = channel->cares.loop;
    rdy_token token;
    for (size_t cursor = 0;;) {
        const struct loop_watch *watch = rdy_slab_walk(&loop->watches, &cursor, &token);
        must(watch != NULL, "the channel has a socket");
        if (watch->context == &channel->cares)
            return rdy_source_fd(&watch->source);
    }
}

static void ask_again(const struct channel *first);

static void on_answer(void *context, int status, int timeouts, struct hostent *host)
{
    struct channel *channel = context;
    (void)timeouts;
    if (status == ARES_ECANCELLED)
        return;
    must(status == ARES_SUCCESS, ares_strerror(status));
    memcpy(&channel->address, host->h_addr_list[0], sizeof channel->address);
    channel->answers++;
    if (unanswered-- == CHANNELS)
        ask_again(channel);
}

static void ask(struct channel *channel)
{
    char name[64];
    snprintf(name, sizeof name, "name-%d.rdy.test", (int)(channel - channels));
    ares_gethostbyname(channel->cares.channel, name, AF_INET, on_answer, channel);
    cares_on_rdy_schedule(&channel->cares);
}

/* The new sockets take the numbers of the old ones, but for which events are there; last first, so they change hands. */
static void ask_again(const struct channel *first)
{
    for (int i = 0; i < CHANNELS; i++)
        if (&channels[i] != first)
            ares_cancel(channels[i].cares.channel);
    for (int i = CHANNELS - 1; i >= 0; i--)
        if (&channels[i] != first)
            ask(&channels[i]);
}

static void wait_until_all_are_readable(void)
{
    for (int i = 0; i < CHANNELS; i++) {
        struct pollfd socket = {.fd = channels[i].fd, .events = POLLIN};
        must(poll(&socket, 1, 10000) == 1, "an answer arrives");
    }
}

static void close_with_events_under_way(unsigned port, struct loop *loop)
{
    const int64_t started = rdy_clock_now();
    int reused = 0, answers = 0;
    unanswered = CHANNELS;
    for (int i = 0; i < CHANNELS; i++) {
        open_channel(loop, 0, 10000, 2, port, &channels[i].cares);
        ask(&channels[i]);
        channels[i].fd = fd_of(&channels[i]);
    }
    wait_until_all_are_readable();
    must(loop_turn(loop, RDY_FOREVER) == CHANNELS && unanswered == CHANNELS - 1,
         "all events come in one wait");
    for (int i = 0; i < CHANNELS; i++)
        for (int j = 0; j < CHANNELS && channels[i].answers == 0; j++)
            reused += channels[j].fd == fd_of(&channels[i]);
    const int stale = (int)loop->stale;
    client_finish(loop, &unanswered);
    char result[64];
    for (int i = 0; i < CHANNELS; i++) {
        cares_on_rdy_close(&channels[i].cares);
        answers += channels[i].answers;
    }
    snprintf(result, sizeof result, "%d stale events, %d numbers used again, %d answers", stale, reused,
             answers);
    client_report("closed in the batch", "4 names", result, started);
}

static void on_silence(void *context, int status, int timeouts, struct hostent *host)
{
    int *left = context;
    (void)host;
    must(status == ARES_ETIMEOUT && timeouts == 2, "the server is silent twice");
    *left = 0;
}

static void ask_nobody(struct loop *loop)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    const int64_t started = rdy_clock_now();
    const int server = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct cares_on_rdy cares;
    int left = 1;
    must(server >= 0 && bind(server, (struct sockaddr *)&address, size) == 0 &&
             getsockname(server, (struct sockaddr *)&address, &size) == 0,
         "a silent server opens");
    open_channel(loop, 0, TIMEOUT_MS, 2, ntohs(address.sin_port), &cares);
    ares_gethostbyname(cares.channel, "name-0.rdy.test", AF_INET, on_silence, &left);
    cares_on_rdy_schedule(&cares);
    client_finish(loop, &left);
    must(rdy_clock_now() - started >= 2 * TIMEOUT_MS * RDY_MILLISECOND, "no time-out is early");
    cares_on_rdy_close(&cares);
    close(server);
    client_report("silent server", "1 name", "timed out", started);
}

int main(int argc, char **argv)
{
    struct loop loop;
    must(argc == 4 && ares_library_init(ARES_LIB_INIT_ALL) == ARES_SUCCESS, "arguments");
    const unsigned port = (unsigned)atoi(argv[2]);
    const int number = atoi(argv[3]);
    client_open(argv[1], &loop);
    look_up_all("UDP", 0, port, number, &loop);
    look_up_all("TCP", ARES_FLAG_USEVC, port, number, &loop);
    close_with_events_under_way(port, &loop);
    ask_nobody(&loop);
    client_close(&loop);
    ares_library_cleanup();
    return 0;
}
