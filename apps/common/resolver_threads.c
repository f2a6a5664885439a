#include "apps/common/resolver.h"

#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "apps/common/lookup.h"
#include "reactor/clock.h"
#include "reactor/waker.h"

enum { THREADS = 4 };

/* In one block of memory: a thread that has looked a name up cannot run short of it. */
typedef struct question {
    lookup lookup;
    char host[];
} question;

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

static int take_addresses(const struct addrinfo *list, lookup *entry)
{
    int error = 0;
    for (; error == 0 && list != NULL; list = list->ai_next)
        error = lookup_add_address(entry, list->ai_addr, list->ai_addrlen);
    return error;
}

static void look_up(lookup *entry)
{
    const struct addrinfo hints = {.ai_family = entry->family, .ai_socktype = SOCK_STREAM};
    const char *host = ((question *)entry)->host;
    struct addrinfo *list = NULL;
    int error = error_of_lookup(getaddrinfo(host, NULL, &hints, &list));
    if (error == 0) {
        error = take_addresses(list, entry);
        freeaddrinfo(list);
    }
    lookup_finish(entry, error);
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
    return lookup_queue_pop(&core->questions);
}

static void *run_thread(void *argument)
{
    resolver *core = argument;
    pthread_mutex_lock(&core->lock);
    for (lookup *entry = wait_for_question(core); entry != NULL; entry = wait_for_question(core)) {
        pthread_mutex_unlock(&core->lock);
        look_up(entry);
        pthread_mutex_lock(&core->lock);
        lookup_queue_push(&core->answers, entry);
        if (core->waker != NULL)
            rdy_waker_wake(core->waker); /* never blocks, so it may be done under the lock */
    }
    lookup_queue_drop(&core->answers);
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

size_t resolver_at_once(void)
{
    return THREADS;
}

int resolver_ask(resolver *core, const char *host, uint16_t port, uintptr_t key)
{
    const size_t size = strlen(host) + 1;
    question *asked = calloc(1, sizeof *asked + size);
    if (asked == NULL)
        return -ENOMEM;
    memcpy(asked->host, host, size);
    asked->lookup.answer.key = key;
    asked->lookup.family = core->family;
    asked->lookup.port = port;
    pthread_mutex_lock(&core->lock);
    if (core->pending >= core->idle && core->threads < THREADS)
        (void)start_thread(core); /* while there is another thread, that one will come to it */
    const bool served = core->threads > 0;
    if (served) {
        lookup_queue_push(&core->questions, &asked->lookup);
        core->pending++;
        pthread_cond_signal(&core->asked);
    }
    pthread_mutex_unlock(&core->lock);
    if (!served)
        free(asked);
    return served ? 0 : -ENOMEM;
}

int64_t resolver_deadline(resolver *core)
{
    (void)core; /* each answer wakes the poll */
    return RDY_NEVER;
}

int resolver_next(resolver *core, resolved *answer)
{
    pthread_mutex_lock(&core->lock);
    lookup *entry = lookup_queue_pop(&core->answers);
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
    lookup_queue_drop(&core->questions);
    lookup_queue_drop(&core->answers);
    pthread_cond_broadcast(&core->asked);
    release(core);
}
