#include "apps/common/resolver.h"

#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "apps/common/unmapped.h"
#include "reactor/waker.h"

/* A question, and in the same memory its answer: a thread that has looked a name up cannot run short. */
typedef struct lookup {
    struct lookup *next;
    resolved answer;
    int family;
    uint16_t port;
    char host[];
} lookup;

typedef struct lookup_queue {
    lookup *first;
    lookup *last;
} lookup_queue;

/*
 * What the loop and the threads share. Each of them holds a reference, for a thread that is inside
 * getaddrinfo outlives the resolver. The lock guards all fields.
 */
struct resolver {
    pthread_mutex_t lock;
    pthread_cond_t asked;
    lookup_queue questions;
    lookup_queue answers;
    rdy_waker *waker; /* NULL once closed */
    int family;
    size_t references;
    size_t threads;
    size_t idle;
    size_t pending; /* questions that no thread has taken yet */
};

static void push(lookup_queue *queue, lookup *entry)
{
    entry->next = NULL;
    if (queue->first == NULL)
        queue->first = entry;
    else
        queue->last->next = entry;
    queue->last = entry;
}

static lookup *pop(lookup_queue *queue)
{
    lookup *entry = queue->first;
    if (entry != NULL)
        queue->first = entry->next;
    return entry;
}

static void drop(lookup_queue *queue)
{
    for (lookup *entry = pop(queue); entry != NULL; entry = pop(queue)) {
        free(entry->answer.addresses);
        free(entry);
    }
}

/* Unlocks, and frees what nobody holds any more. */
static void release(resolver *core)
{
    const bool last = --core->references == 0;
    pthread_mutex_unlock(&core->lock);
    if (!last)
        return;
    pthread_cond_destroy(&core->asked);
    pthread_mutex_destroy(&core->lock);
    free(core);
}

/* A name server that cannot be asked says as little about the name as memory that is missing here. */
static int error_of_lookup(int code)
{
    switch (code) {
    case 0:
        return 0;
    case EAI_AGAIN:
        return -EAGAIN;
    case EAI_MEMORY:
        return -ENOMEM;
    case EAI_SYSTEM:
        return errno == 0 ? -EIO : -errno;
    default:
        return -ENXIO;
    }
}

/* An IPv4-mapped address was asked for as one of IPv6 and is none. */
static int convert(const struct addrinfo *item, const lookup *entry, rdy_address *out)
{
    rdy_address address;
    int error = rdy_address_from_sockaddr(item->ai_addr, item->ai_addrlen, &address);
    if (error == 0)
        error = rdy_address_set_port(&address, entry->port);
    if (error < 0)
        return error;
    *out = unmapped(&address);
    return entry->family == AF_UNSPEC || entry->family == rdy_address_family(out) ? 0 : -EAFNOSUPPORT;
}

static int take_addresses(const struct addrinfo *list, lookup *entry)
{
    resolved *answer = &entry->answer;
    size_t count = 1; /* success has at least one */
    for (const struct addrinfo *item = list->ai_next; item != NULL; item = item->ai_next)
        count++;
    answer->addresses = calloc(count, sizeof *answer->addresses);
    if (answer->addresses == NULL)
        return -ENOMEM;
    for (; list != NULL; list = list->ai_next)
        answer->count += convert(list, entry, &answer->addresses[answer->count]) == 0;
    return answer->count == 0 ? -ENXIO : 0;
}

static void look_up(lookup *entry)
{
    const struct addrinfo hints = {.ai_family = entry->family, .ai_socktype = SOCK_STREAM};
    struct addrinfo *list = NULL;
    entry->answer.error = error_of_lookup(getaddrinfo(entry->host, NULL, &hints, &list));
    if (entry->answer.error != 0)
        return;
    entry->answer.error = take_addresses(list, entry);
    freeaddrinfo(list);
}

/* The next question, or NULL once the resolver is closed. */
static lookup *wait_for_question(resolver *core)
{
    core->idle++;
    while (core->waker != NULL && core->questions.first == NULL)
        pthread_cond_wait(&core->asked, &core->lock);
    core->idle--;
    if (core->waker == NULL)
        return NULL;
    core->pending--;
    return pop(&core->questions);
}

static void *run_thread(void *argument)
{
    resolver *core = argument;
    pthread_mutex_lock(&core->lock);
    for (lookup *entry = wait_for_question(core); entry != NULL; entry = wait_for_question(core)) {
        pthread_mutex_unlock(&core->lock);
        look_up(entry);
        pthread_mutex_lock(&core->lock);
        push(&core->answers, entry);
        if (core->waker != NULL)
            rdy_waker_wake(core->waker); /* never blocks, so it may be done under the lock */
    }
    drop(&core->answers);
    release(core);
    return NULL;
}

/* The signals of the program are for its own threads, whose waits they are to end. */
static int start_thread(resolver *core)
{
    pthread_t thread;
    sigset_t all;
    sigset_t earlier;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &earlier);
    const int error = pthread_create(&thread, NULL, run_thread, core);
    pthread_sigmask(SIG_SETMASK, &earlier, NULL);
    if (error != 0)
        return -error;
    pthread_detach(thread);
    core->threads++;
    core->references++;
    return 0;
}

int resolver_open(rdy_registry *registry, rdy_token token, int family, resolver **out)
{
    resolver *core = calloc(1, sizeof *core);
    if (core == NULL)
        return -ENOMEM;
    const int error = rdy_waker_open(registry, token, &core->waker);
    if (error < 0) {
        free(core);
        return error;
    }
    pthread_mutex_init(&core->lock, NULL);
    pthread_cond_init(&core->asked, NULL);
    core->references = 1;
    core->family = family;
    *out = core;
    return 0;
}

int resolver_ask(resolver *core, const char *host, uint16_t port, uintptr_t key)
{
    const size_t size = strlen(host) + 1;
    lookup *entry = calloc(1, sizeof *entry + size);
    if (entry == NULL)
        return -ENOMEM;
    memcpy(entry->host, host, size);
    entry->family = core->family;
    entry->port = port;
    entry->answer.key = key;
    pthread_mutex_lock(&core->lock);
    if (core->pending >= core->idle && core->threads < RESOLVER_THREADS)
        (void)start_thread(core); /* while there is another thread, that one will come to it */
    const bool served = core->threads > 0;
    if (served) {
        push(&core->questions, entry);
        core->pending++;
        pthread_cond_signal(&core->asked);
    }
    pthread_mutex_unlock(&core->lock);
    if (!served)
        free(entry);
    return served ? 0 : -ENOMEM;
}

int resolver_next(resolver *core, resolved *answer)
{
    pthread_mutex_lock(&core->lock);
    lookup *entry = pop(&core->answers);
    pthread_mutex_unlock(&core->lock);
    if (entry == NULL)
        return 0;
    *answer = entry->answer;
    free(entry);
    return 1;
}

void resolver_close(resolver *core)
{
    if (core == NULL)
        return;
    pthread_mutex_lock(&core->lock);
    rdy_waker_close(core->waker);
    core->waker = NULL;
    drop(&core->questions);
    drop(&core->answers);
    pthread_cond_broadcast(&core->asked);
    release(core);
}
