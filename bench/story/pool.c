/* The story's server with 8 threads, which take accepted clients from one queue: 8 are served, the others wait. */
#include <errno.h>
#include <pthread.h>

#include "bench/servers/listening.h"
#include "bench/story/deadline.h"
#include "bench/story/serve.h"

enum { THREADS = 8, ROOM = 16384 };

static struct {
    pthread_mutex_t lock;
    pthread_cond_t filled, emptied;
    int clients[ROOM]; /* a ring */
    size_t first, count;
} queue = {
    .lock = PTHREAD_MUTEX_INITIALIZER,
    .filled = PTHREAD_COND_INITIALIZER,
    .emptied = PTHREAD_COND_INITIALIZER,
};

static void push(int client)
{
    pthread_mutex_lock(&queue.lock);
    while (queue.count == ROOM)
        pthread_cond_wait(&queue.emptied, &queue.lock);
    queue.clients[(queue.first + queue.count++) % ROOM] = client;
    pthread_cond_signal(&queue.filled);
    pthread_mutex_unlock(&queue.lock);
}

static int pop(void)
{
    pthread_mutex_lock(&queue.lock);
    while (queue.count == 0)
        pthread_cond_wait(&queue.filled, &queue.lock);
    const int client = queue.clients[queue.first];
    queue.first = (queue.first + 1) % ROOM;
    queue.count--;
    pthread_cond_signal(&queue.emptied);
    pthread_mutex_unlock(&queue.lock);
    return client;
}

static void *work(void *deadline_ns)
{
    for (;;)
        story_serve(pop(), *(const int64_t *)deadline_ns);
    return NULL;
}

int main(int argc, char **argv)
{
    int64_t deadline_ns = story_deadline(argc, argv);
    const int listener = story_listen();
    for (int i = 0; i < THREADS; i++) {
        pthread_t thread;
        errno = pthread_create(&thread, NULL, work, &deadline_ns);
        if (errno != 0)
            bench_fail("pthread_create");
    }
    for (;;)
        push(story_accept(listener));
}
