#include "apps/echo/server.h"

#include <ctype.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "apps/common/exit_codes.h"
#include "apps/common/option.h"
#include "apps/common/standard_output.h"
#include "apps/echo/confine.h"
#include "apps/echo/control.h"
#include "apps/echo/worker.h"
#include "reactor/error.h"

typedef struct echo_server {
    echo_shared shared;
    rdy_address addresses[ECHO_LISTENERS_MAX]; /* those of the command line, with their real ports */
    echo_worker *workers;
    size_t worker_count; /* those that were opened, also those that failed to */
    pthread_t *threads;  /* of all workers but the first, which runs on the main thread */
    size_t thread_count;
} echo_server;

static int report_poll(int error)
{
    complain("cannot open a poll: %s", rdy_error_sentence(error));
    return EXIT_SYSTEM;
}

static int open_workers(echo_server *server, const echo_config *config)
{
    server->shared.config = config;
    server->workers = calloc(config->workers, sizeof *server->workers);
    server->threads = calloc(config->workers, sizeof *server->threads);
    int error = server->workers == NULL || server->threads == NULL ? -ENOMEM : 0;
    while (error == 0 && server->worker_count < config->workers)
        error = echo_worker_open(&server->workers[server->worker_count++], &server->shared);
    if (error == 0)
        error = echo_worker_take_signals(&server->workers[0]);
    return error == 0 ? EXIT_OK : report_poll(error);
}

/* The first worker finds the port that the others share. Unix sockets cannot be shared, and it serves them.
 */
static int listen_on(echo_server *server, rdy_address *address)
{
    const size_t sharers = rdy_address_family(address) == AF_UNIX ? 1 : server->worker_count;
    int error = sharers > 1 ? echo_listener_try(address) : 0;
    for (size_t i = 0; i < sharers && error == 0; i++)
        error = echo_worker_listen(&server->workers[i], address);
    return error;
}

/* A path may hold anything; the announcement stays one line. */
static void announce_one(const echo_server *server, const rdy_address *address)
{
    char text[RDY_ADDRESS_TEXT_MAX];
    rdy_address_print(address, text, sizeof text);
    for (char *at = text; *at != '\0'; at++)
        if (iscntrl((unsigned char)*at))
            *at = '?';
    printf("listening on %s (%s, %zu worker%s)\n", text, rdy_poll_backend(server->workers[0].poll),
           server->worker_count, server->worker_count == 1 ? "" : "s");
}

static int report_listen(const echo_server *server, const rdy_address *address, int error)
{
    char text[RDY_ADDRESS_TEXT_MAX];
    rdy_address_print(address, text, sizeof text);
    if (error == -ENOTSUP && server->worker_count > 1)
        complain("cannot listen on %s: this system does not spread clients among workers; use --workers 1",
                 text);
    else
        complain("cannot listen on %s: %s", text, rdy_error_sentence(error));
    return EXIT_INPUT;
}

static int open_listeners(echo_server *server, const echo_config *config)
{
    for (size_t i = 0; i < config->listen_count; i++) {
        server->addresses[i] = config->listen[i];
        const int error = listen_on(server, &server->addresses[i]);
        if (error != 0)
            return report_listen(server, &server->addresses[i], error);
    }
    return EXIT_OK;
}

static void *run_worker(void *worker)
{
    echo_worker_run(worker);
    echo_shared_end_thread(((echo_worker *)worker)->shared);
    return NULL;
}

/* Signals are the main thread's: no other one is to be interrupted by them. */
static int start_threads(echo_server *server)
{
    sigset_t all;
    sigset_t earlier;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &earlier);
    int error = 0;
    for (size_t i = 1; i < server->worker_count && error == 0; i++) {
        atomic_fetch_add(&server->shared.threads, 1);
        error = pthread_create(&server->threads[i - 1], NULL, run_worker, &server->workers[i]);
        server->thread_count += error == 0;
    }
    pthread_sigmask(SIG_SETMASK, &earlier, NULL);
    if (error == 0)
        return EXIT_OK;
    complain("cannot start a thread: %s", rdy_error_sentence(error));
    (void)echo_shared_fail(&server->shared, ECHO_STOPPING);
    return EXIT_SYSTEM;
}

/* When all that can fail is done: who reads it may connect. */
static int announce(echo_server *server)
{
    for (size_t i = 0; i < server->shared.config->listen_count; i++)
        announce_one(server, &server->addresses[i]);
    if (flush_output())
        return EXIT_OK;
    (void)echo_shared_fail(&server->shared, ECHO_STOPPING);
    return EXIT_SYSTEM;
}

static int serve(echo_server *server)
{
    int exit_code = start_threads(server);
    if (exit_code == EXIT_OK)
        exit_code = announce(server);
    if (exit_code == EXIT_OK)
        echo_worker_run(&server->workers[0]);
    for (size_t i = 0; i < server->thread_count; i++)
        pthread_join(server->threads[i], NULL);
    if (exit_code != EXIT_OK)
        return exit_code;
    echo_control_print_counters(&server->shared);
    if (atomic_load(&server->shared.failed))
        return EXIT_SYSTEM;
    return atomic_load(&server->shared.phase) == ECHO_STOPPING ? EXIT_INTERRUPTED : EXIT_OK;
}

static void close_server(echo_server *server)
{
    for (size_t i = 0; i < server->worker_count; i++)
        echo_worker_close(&server->workers[i]);
    free(server->workers);
    free(server->threads);
}

int echo_server_run(const echo_config *config)
{
    echo_server server = {.worker_count = 0};
    int exit_code = open_workers(&server, config);
    if (exit_code == EXIT_OK)
        exit_code = open_listeners(&server, config);
    if (exit_code == EXIT_OK)
        exit_code = echo_confine(config, &server.workers[0]);
    if (exit_code == EXIT_OK)
        exit_code = serve(&server);
    close_server(&server);
    return exit_code;
}
