/*
 * Counts primes for its clients:  worker 127.0.0.1:7777, then send a line with a number.
 * Counting would hold the loop up, so threads do it; each hands its result back through a list and wakes the poll. A
 * job knows its client by token alone: should the client have gone meanwhile, the token looks up to NULL.
 */
#include <ctype.h>
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <net/buffer.h>
#include <net/tcp_listener.h>
#include <reactor/clock.h>
#include <reactor/error.h>
#include <reactor/poll.h>
#include <reactor/slab.h>
#include <reactor/waker.h>

typedef struct job {
    struct job *next;
    rdy_token client;
    unsigned long limit, primes;
} job;

typedef struct queue { /* of jobs; zeroed it is empty */
    job *first, *last;
} queue;

typedef struct client {
    rdy_tcp_stream stream;
    rdy_buffer unsent;
    char line[32];
    size_t length;
    bool waits; /* for a job */
} client;

enum { LISTENER, WAKER, WORKERS = 2, BOTH = RDY_READABLE | RDY_WRITABLE };

/* What the threads share: the lists under the lock, and the waker. All the rest is the loop's alone. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t arrived = PTHREAD_COND_INITIALIZER;
static queue todo, done;
static rdy_waker *waker;

static rdy_tcp_listener listener;
static rdy_registry *registry;
static rdy_slab clients;

static void push(queue *jobs, job *one)
{
    one->next = NULL;
    if (jobs->first == NULL)
        jobs->first = one;
    else
        jobs->last->next = one;
    jobs->last = one;
}

static job *pop(queue *jobs)
{
    job *one = jobs->first;
    if (one != NULL)
        jobs->first = one->next;
    return one;
}

static unsigned long count_primes(unsigned long limit)
{
    unsigned long primes = 0;
    for (unsigned long number = 2; number < limit; number++) {
        unsigned long divisor = 2;
        while (divisor <= number / divisor && number % divisor != 0)
            divisor++;
        primes += divisor > number / divisor;
    }
    return primes;
}

static job *take(void)
{
    job *one;
    pthread_mutex_lock(&lock);
    while ((one = pop(&todo)) == NULL)
        pthread_cond_wait(&arrived, &lock);
    pthread_mutex_unlock(&lock);
    return one;
}

static void hand_back(job *one)
{
    pthread_mutex_lock(&lock);
    push(&done, one);
    pthread_mutex_unlock(&lock);
    rdy_waker_wake(waker);
}

static void *work(void *unused)
{
    for (job *one; (one = take()) != NULL; hand_back(one))
        one->primes = count_primes(one->limit);
    return unused;
}

static rdy_accept_advice accept_one(void)
{
    rdy_token token = LISTENER;
    rdy_tcp_stream stream;
    int error = rdy_tcp_listener_accept(&listener, &stream, NULL);
    if (error != 0)
        return rdy_accept_advise(error);
    client *one = rdy_slab_insert(&clients, &token);
    if (one != NULL && rdy_registry_register(registry, &stream.source, token, BOTH) == 0) {
        one->stream = stream;
        return RDY_ACCEPT_AGAIN;
    }
    rdy_slab_remove(&clients, token);
    rdy_tcp_stream_close(&stream);
    return RDY_ACCEPT_PAUSE;
}

static int ask(client *one, rdy_token token, char *end) /* of its line */
{
    char *stop;
    *end = '\0';
    const unsigned long limit = strtoul(one->line, &stop, 10);
    if (!isdigit((unsigned char)one->line[0]) || *stop != '\0')
        return -EINVAL;
    job *fresh = malloc(sizeof *fresh);
    if (fresh == NULL)
        return -ENOMEM;
    *fresh = (job){.client = token, .limit = limit};
    one->waits = true;
    one->length -= (size_t)(end + 1 - one->line);
    memmove(one->line, end + 1, one->length);
    pthread_mutex_lock(&lock);
    push(&todo, fresh);
    pthread_cond_signal(&arrived);
    pthread_mutex_unlock(&lock);
    return -EAGAIN;
}

static int serve(client *one, rdy_token token) /* -EAGAIN when more may come, 0 at the end */
{
    /* One job at a time for each: what it sends meanwhile waits in the kernel, and is read without another event. */
    rdy_source_defer(&one->stream.source);
    int error = rdy_buffer_flush(&one->unsent, &one->stream.source);
    if (error != 0 || one->waits)
        return error != 0 ? error : -EAGAIN;
    for (;;) {
        char *end = memchr(one->line, '\n', one->length);
        if (end != NULL)
            return ask(one, token, end);
        if (one->length == sizeof one->line)
            return -EMSGSIZE;
        ptrdiff_t count =
            rdy_tcp_stream_read(&one->stream, one->line + one->length, sizeof one->line - one->length);
        if (count <= 0)
            return (int)count;
        one->length += (size_t)count;
    }
}

static void drop(client *one, rdy_token token)
{
    rdy_tcp_stream_close(&one->stream);
    rdy_buffer_free(&one->unsent);
    rdy_slab_remove(&clients, token);
}

static void handle(rdy_event event)
{
    client *one = rdy_slab_get(&clients, event.token);
    if (one == NULL)
        return;
    /* A hint, where the kernel gives it, that nobody is there any more to be answered. */
    if (rdy_event_is_error(event) || serve(one, event.token) != -EAGAIN)
        drop(one, event.token);
}

static void answer(const job *one)
{
    char text[96];
    client *asker = rdy_slab_get(&clients, one->client);
    if (asker == NULL)
        return;
    int size = snprintf(text, sizeof text, "%lu primes below %lu\n", one->primes, one->limit);
    asker->waits = false;
    if (rdy_buffer_send(&asker->unsent, &asker->stream.source, text, (size_t)size) != 0 ||
        serve(asker, one->client) != -EAGAIN) /* no event tells again of what came while it waited */
        drop(asker, one->client);
}

static void answer_all(void)
{
    pthread_mutex_lock(&lock);
    queue ready = done; /* wakes merge: one event may stand for many results */
    done = (queue){0};
    pthread_mutex_unlock(&lock);
    for (job *one; (one = pop(&ready)) != NULL; free(one))
        answer(one);
}

static int run(rdy_poll *poll, rdy_events *events) /* why it ended */
{
    rdy_accept_advice advice = RDY_ACCEPT_WAIT;
    while (advice != RDY_ACCEPT_BROKEN) {
        int count = rdy_poll_wait(poll, events, advice == RDY_ACCEPT_PAUSE ? RDY_SECOND / 10 : RDY_FOREVER);
        if (count < 0 && count != -EINTR)
            return count;
        for (size_t i = 0; i < events->count; i++) {
            const rdy_event event = events->items[i];
            if (event.token == LISTENER)
                advice = RDY_ACCEPT_AGAIN;
            else if (event.token == WAKER)
                answer_all();
            else
                handle(event);
        }
        if (advice != RDY_ACCEPT_WAIT)
            while ((advice = accept_one()) == RDY_ACCEPT_AGAIN)
                ;
    }
    return -EBADF;
}

static int start_workers(void)
{
    int error = rdy_waker_open(registry, WAKER, &waker);
    for (int i = 0; i < WORKERS && error == 0; i++) {
        pthread_t thread;
        error = pthread_create(&thread, NULL, work, NULL);
        if (error == 0)
            pthread_detach(thread); /* it lives as long as the program */
    }
    return error;
}

int main(int argc, char **argv)
{
    char name[RDY_ADDRESS_TEXT_MAX];
    rdy_address here;
    rdy_events events;
    rdy_poll *poll;
    rdy_slab_init(&clients, sizeof(client));
    int error = rdy_address_parse(argc == 2 ? argv[1] : "", &here);
    if (error != 0 || (error = rdy_tcp_listener_bind(&here, NULL, &listener)) != 0 ||
        (error = rdy_tcp_listener_local_address(&listener, &here)) != 0 ||
        (error = rdy_events_alloc(256, &events)) != 0 || (error = rdy_poll_open(NULL, &poll)) != 0) {
        fprintf(stderr, "worker ADDRESS: %s\n", rdy_error_sentence(error));
        return 1;
    }
    registry = rdy_poll_registry(poll);
    error = rdy_registry_register(registry, &listener.source, LISTENER, RDY_READABLE);
    if (error == 0)
        error = start_workers();
    if (error == 0) {
        rdy_address_print(&here, name, sizeof name);
        printf("listening on %s (%s)\n", name, rdy_poll_backend(poll));
        fflush(stdout);
        error = run(poll, &events);
    }
    fprintf(stderr, "worker: %s\n", rdy_error_sentence(error));
    return 1;
}
