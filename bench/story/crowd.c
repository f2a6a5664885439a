#include "bench/story/crowd.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/servers/listening.h"
#include "bench/story/protocol.h"
#include "reactor/clock.h"

enum {
    BATCH = 1024,   /* events in a wait */
    STARTS = 64,    /* connects between two looks at what is ready */
    ADDRESSES = 16, /* source addresses, 127.0.0.2 and on, since each has some 28 000 ports */
    STRIDE = 3,     /* between the clients' X, so that no message of one could be another's */
};

typedef enum state { CONNECTING, ASKING, THINKING, CLOSING, ENDED } state;

typedef struct guest {
    int64_t begun_ns, asked_ns, answered_ns;
    int socket;
    uint8_t state;
    uint8_t received; /* bytes of Y */
} guest;

typedef struct crowd {
    const crowd_options *options;
    crowd_result *result;
    guest *guests;
    size_t started, ended;
    size_t oldest;        /* all before it have ended: the first to time out, for they began in order */
    uint32_t *thinkers;   /* whose answer came, in that order, which is that of their Z */
    size_t first_thinker; /* the first that has not thought to its end */
    size_t connected, thinking;
    int64_t now_ns;
    int epoll;
} crowd;

static uint32_t number_of(const crowd *self, const guest *one)
{
    return (uint32_t)(one - self->guests) * STRIDE;
}

static void raise_to(size_t *highest, size_t value)
{
    if (value > *highest)
        *highest = value;
}

static void end(crowd *self, guest *one, crowd_outcome outcome)
{
    self->connected -= one->state != CONNECTING;
    self->thinking -= one->state == THINKING;
    if (outcome == CROWD_SUCCEEDED)
        self->result->done_ns[self->result->ended[outcome]] = rdy_clock_now() - one->begun_ns;
    self->result->ended[outcome]++;
    self->ended++;
    one->state = ENDED;
    close(one->socket);
}

static void say(crowd *self, guest *one, uint32_t number, state next)
{
    char line[STORY_LINE_MAX];
    const size_t size = story_line(number, line);
    if (send(one->socket, line, size, MSG_NOSIGNAL) == (ssize_t)size)
        one->state = (uint8_t)next;
    else
        end(self, one, CROWD_RESET);
}

static void take_answer(crowd *self, guest *one)
{
    crowd_result *const result = self->result;
    one->answered_ns = rdy_clock_now();
    one->state = THINKING;
    result->answer_ns[result->answer_count] = one->answered_ns - one->asked_ns;
    self->thinkers[result->answer_count++] = (uint32_t)(one - self->guests);
    raise_to(&result->highest_served, ++self->thinking);
}

static void take_bytes(crowd *self, guest *one, const char *bytes, size_t size)
{
    char expected[STORY_LINE_MAX];
    const size_t length = story_line(number_of(self, one) + 1, expected);
    const bool fits = one->state == ASKING && one->received + size <= length;
    if (!fits || memcmp(expected + one->received, bytes, size) != 0) {
        end(self, one, CROWD_WRONG);
        return;
    }
    one->received = (uint8_t)(one->received + size);
    if (one->received == length)
        take_answer(self, one);
}

static void hear(crowd *self, guest *one)
{
    while (one->state != ENDED) {
        char bytes[64];
        const ssize_t count = recv(one->socket, bytes, sizeof bytes, 0);
        if (count < 0 && errno == EAGAIN)
            return;
        if (count < 0)
            end(self, one, CROWD_RESET);
        else if (count == 0)
            end(self, one, one->state == CLOSING ? CROWD_SUCCEEDED : CROWD_WRONG);
        else
            take_bytes(self, one, bytes, (size_t)count);
    }
}

static crowd_outcome outcome_of_connect(int error)
{
    return error == ECONNREFUSED ? CROWD_REFUSED : error == ETIMEDOUT ? CROWD_TIMED_OUT : CROWD_RESET;
}

static void finish_connect(crowd *self, guest *one)
{
    int error = 0;
    socklen_t size = sizeof error;
    if (getsockopt(one->socket, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
        bench_fail("getsockopt");
    if (error != 0) {
        end(self, one, outcome_of_connect(error));
        return;
    }
    raise_to(&self->result->highest_concurrency, ++self->connected);
    one->asked_ns = rdy_clock_now();
    one->state = ASKING;
    say(self, one, number_of(self, one), ASKING);
}

static void serve(crowd *self, guest *one, uint32_t events)
{
    if (one->state == CONNECTING && (events & (EPOLLOUT | EPOLLERR)) != 0)
        finish_connect(self, one);
    if (one->state != CONNECTING && (events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0)
        hear(self, one);
}

static void bind_source(int socket, size_t index)
{
    const int on = 1;
    const struct sockaddr_in source = {
        .sin_family = AF_INET,
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + (uint32_t)(index % ADDRESSES)),
    };
    if (setsockopt(socket, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on) < 0)
        bench_fail("setsockopt");
    if (bind(socket, (const struct sockaddr *)&source, sizeof source) < 0)
        bench_fail("bind");
}

static void start(crowd *self, guest *one)
{
    const struct sockaddr_in server = {
        .sin_family = AF_INET,
        .sin_port = htons(self->options->port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = one};
    one->begun_ns = rdy_clock_now();
    one->socket = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (one->socket < 0)
        bench_fail("socket");
    bind_source(one->socket, self->started++);
    if (connect(one->socket, (const struct sockaddr *)&server, sizeof server) < 0 && errno != EINPROGRESS) {
        if (errno != ECONNREFUSED)
            bench_fail("connect");
        end(self, one, CROWD_REFUSED);
        return;
    }
    if (epoll_ctl(self->epoll, EPOLL_CTL_ADD, one->socket, &event) < 0)
        bench_fail("epoll_ctl");
}

static void start_some(crowd *self)
{
    for (int i = 0; i < STARTS && self->started < self->options->clients; i++)
        start(self, &self->guests[self->started]);
}

/* The first that thinks, or NULL; who has ended meanwhile thinks no more. */
static guest *first_thinker(crowd *self)
{
    while (self->first_thinker < self->result->answer_count) {
        guest *const one = &self->guests[self->thinkers[self->first_thinker]];
        if (one->state == THINKING)
            return one;
        self->first_thinker++;
    }
    return NULL;
}

static guest *oldest(crowd *self)
{
    while (self->oldest < self->started && self->guests[self->oldest].state == ENDED)
        self->oldest++;
    return self->oldest < self->started ? &self->guests[self->oldest] : NULL;
}

static void end_thoughts(crowd *self)
{
    const int64_t think_ns = self->options->think_ns;
    for (guest *one; (one = first_thinker(self)) != NULL && one->answered_ns + think_ns <= self->now_ns;) {
        self->thinking--;
        one->state = CLOSING;
        say(self, one, number_of(self, one) + 2, CLOSING);
    }
}

static void give_up(crowd *self)
{
    const int64_t timeout_ns = self->options->timeout_ns;
    for (guest *one; (one = oldest(self)) != NULL && one->begun_ns + timeout_ns <= self->now_ns;)
        end(self, one, CROWD_TIMED_OUT);
}

static int wait_ms(crowd *self)
{
    const guest *const patient = oldest(self), *const thinker = first_thinker(self);
    if (self->started < self->options->clients || patient == NULL)
        return 0;
    int64_t until_ns = patient->begun_ns + self->options->timeout_ns;
    if (thinker != NULL && thinker->answered_ns + self->options->think_ns < until_ns)
        until_ns = thinker->answered_ns + self->options->think_ns;
    return (int)((rdy_clock_until(rdy_clock_now(), until_ns) + RDY_MILLISECOND - 1) / RDY_MILLISECOND);
}

static void turn(crowd *self)
{
    struct epoll_event events[BATCH];
    start_some(self);
    const int count = epoll_wait(self->epoll, events, BATCH, wait_ms(self));
    if (count < 0 && errno != EINTR)
        bench_fail("epoll_wait");
    self->now_ns = rdy_clock_now();
    give_up(self);
    for (int i = 0; i < count; i++)
        serve(self, events[i].data.ptr, events[i].events);
    end_thoughts(self);
}

static void *allocate(size_t count, size_t size)
{
    void *const memory = calloc(count, size);
    if (memory == NULL)
        bench_fail("calloc");
    return memory;
}

void crowd_run(const crowd_options *options, crowd_result *result)
{
    const int64_t begun_ns = rdy_clock_now();
    crowd self = {
        .options = options,
        .result = result,
        .guests = allocate(options->clients, sizeof *self.guests),
        .thinkers = allocate(options->clients, sizeof *self.thinkers),
        .now_ns = begun_ns,
        .epoll = epoll_create1(EPOLL_CLOEXEC),
    };
    *result = (crowd_result){
        .answer_ns = allocate(options->clients, sizeof *result->answer_ns),
        .done_ns = allocate(options->clients, sizeof *result->done_ns),
    };
    if (self.epoll < 0)
        bench_fail("epoll_create1");
    while (self.ended < options->clients)
        turn(&self);
    result->wall_ns = self.now_ns - begun_ns;
    close(self.epoll);
    free(self.guests);
    free(self.thinkers);
}

void crowd_result_free(crowd_result *result)
{
    free(result->answer_ns);
    free(result->done_ns);
}
