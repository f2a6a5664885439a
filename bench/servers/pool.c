/*
 * A pool of 8 threads, each of which serves one client at a time by calls that block; all others wait in the
 * kernel's queue until a thread is free. All threads accept, so that no client is handed from one to another.
 */
#include <errno.h>
#include <pthread.h>

#include "bench/servers/blocking.h"
#include "bench/servers/listening.h"

enum { THREADS = 8 };

static void *serve_one_after_another(void *argument)
{
    const int *listener = argument;
    for (;;)
        bench_blocking_serve(bench_blocking_accept(*listener));
    return NULL;
}

int main(void)
{
    int listener = bench_blocking_listening_socket();
    for (int i = 1; i < THREADS; i++) {
        pthread_t thread;
        errno = pthread_create(&thread, NULL, serve_one_after_another, &listener);
        if (errno != 0)
            bench_fail("pthread_create");
    }
    serve_one_after_another(&listener);
}
