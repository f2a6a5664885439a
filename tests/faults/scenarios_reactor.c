#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reactor/signals.h"
#include "reactor/slab.h"
#include "reactor/waker.h"
#include "tests/faults/scene.h"
#include "tests/faults/sweep.h"

/* ---- polls ---- */

static void live_and_die(void)
{
    rdy_source source = rdy_source_from_fd(STDIN_FILENO);
    scene_open_poll();
    REQUIRE(rdy_poll_backend(scene_poll) != NULL);
    rdy_registry *clone = rdy_registry_clone(scene_registry);
    scene_await_nothing();
    scene_close_poll();
    REQUIRE(rdy_registry_register(clone, &source, 1, RDY_READABLE) == -EBADF);
    rdy_registry_free(clone);
}

/* A mechanism that the kernel does not have is passed over, unless it was named. */
static void take_the_best(void)
{
    char named[16] = "";
    const char *backend = getenv("RDY_BACKEND");
    if (backend != NULL)
        strncat(named, backend, sizeof named - 1);
    unsetenv("RDY_BACKEND");
    scene_open_poll();
    scene_close_poll();
    if (named[0] != '\0')
        setenv("RDY_BACKEND", named, 1);
}

static void watch_a_poll(void)
{
    rdy_poll *inner = NULL;
    rdy_waker *waker = NULL;
    scene_open_poll();
    TRY_OUT(rdy_poll_open(NULL, &inner), inner);
    TRY_OUT(rdy_waker_open(rdy_poll_registry(inner), 2, &waker), waker);
    rdy_source source = rdy_source_from_fd(rdy_poll_fd(inner));
    if (rdy_source_fd(&source) >= 0) {
        scene_watch(&source, 1, RDY_READABLE);
        TRY(rdy_waker_wake(waker));
        REQUIRE(scene_await(1) & RDY_EVENT_READABLE);
        TRY(rdy_source_deregister(&source));
    }
    rdy_waker_close(waker);
    rdy_poll_close(inner);
    scene_close_poll();
}

/* The child of fork(2) is told, also where the memory that tells it could not be had. */
static void refuse_in_child(void)
{
    int status;
    rdy_events room = {0};
    scene_open_poll();
    TRY_OUT(rdy_events_alloc(1, &room), room);
    const pid_t child = fork();
    if (child == 0)
        _exit(rdy_poll_wait(scene_poll, &room, 0) == -ECHILD ? 0 : 1);
    REQUIRE(waitpid(child, &status, 0) == child && status == 0);
    rdy_events_free(&room);
    scene_close_poll();
}

/* ---- registering ---- */

static void send_byte(int fd)
{
    REQUIRE(send(fd, "x", 1, 0) == 1);
}

static void take_byte(rdy_source *source)
{
    char byte;
    REQUIRE(recv(rdy_source_fd(source), &byte, 1, 0) == 1);
    TRY(rdy_source_blocked(source, RDY_READABLE));
}

/* A change that fails changes nothing: what was asked for before is told as before. A oneshot has been told. */
static void change_interest(rdy_source *source, int peer, rdy_interest trigger)
{
    for (;;) {
        scene_keep(source, sizeof *source);
        if (!scene_fails(
                rdy_registry_reregister(scene_registry, source, 3, RDY_READABLE | RDY_WRITABLE | trigger),
                __FILE__, __LINE__, "rdy_registry_reregister"))
            return;
        take_byte(source);
        send_byte(peer);
        if (trigger == RDY_ONESHOT)
            scene_await_nothing();
        else
            REQUIRE((scene_await(1) & (RDY_EVENT_READABLE | RDY_EVENT_WRITABLE)) == RDY_EVENT_READABLE);
    }
}

static void register_with(rdy_interest trigger)
{
    int ends[2];
    rdy_source source;
    scene_open_poll();
    scene_open_pair(ends, &source);
    rdy_source twin = rdy_source_from_fd(ends[0]);
    EXPECT(-ENOENT, rdy_registry_reregister(scene_registry, &source, 1, RDY_READABLE | trigger));
    scene_watch(&source, 1, RDY_READABLE | trigger);
    EXPECT(-EEXIST, rdy_registry_register(scene_registry, &twin, 2, RDY_READABLE));
    send_byte(ends[1]);
    REQUIRE(scene_await(1) & RDY_EVENT_READABLE);
    change_interest(&source, ends[1], trigger);
    REQUIRE(scene_await(3) & RDY_EVENT_READABLE);
    take_byte(&source);
    TRY_OUT(rdy_registry_deregister(scene_registry, &source), source);
    REQUIRE(!rdy_source_is_registered(&source));
    send_byte(ends[1]);
    scene_await_nothing();
    scene_watch(&source, 4, RDY_READABLE | trigger);
    rdy_source_close(&source);
    scene_await_nothing();
    close(ends[1]);
    scene_close_poll();
}

static void register_edge(void)
{
    register_with(RDY_EDGE);
}

static void register_level(void)
{
    register_with(RDY_LEVEL);
}

static void register_oneshot(void)
{
    register_with(RDY_ONESHOT);
}

/* Tables and sets grow, once beyond what an fd_set has room for. */
static void register_high(void)
{
    static const int numbers[] = {70, 200, 1100, 2100};
    rdy_source sources[COUNT(numbers)];
    int ends[2];
    rdy_source first;
    struct rlimit limit;
    REQUIRE(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    if (limit.rlim_cur <= (rlim_t)numbers[COUNT(numbers) - 1])
        sweep_leave_out("too few descriptors are allowed (ulimit -n)");
    scene_open_poll();
    scene_open_pair(ends, &first);
    for (size_t i = 0; i < COUNT(numbers); i++) {
        REQUIRE(dup2(ends[0], numbers[i]) == numbers[i]);
        sources[i] = rdy_source_from_fd(numbers[i]);
        scene_watch(&sources[i], i + 1, RDY_WRITABLE);
        REQUIRE(scene_await(i + 1) & RDY_EVENT_WRITABLE);
    }
    for (size_t i = 0; i < COUNT(numbers); i++)
        rdy_source_close(&sources[i]);
    rdy_source_close(&first);
    close(ends[1]);
    scene_close_poll();
}

/* The poll goes before its sources, which are free then. */
static void outlive_the_poll(void)
{
    int ends[2];
    rdy_source source;
    scene_open_pair(ends, &source);
    scene_open_poll();
    scene_watch(&source, 1, RDY_READABLE);
    scene_close_poll();
    scene_open_poll();
    TRY(rdy_registry_register(scene_registry, &source, 1, RDY_READABLE));
    scene_close_poll();
    rdy_source_close(&source);
    close(ends[1]);
}

/* ---- signals ---- */

static void take_signals(void)
{
    const int numbers[] = {SIGUSR1, SIGUSR2};
    const int impossible[] = {SIGUSR1, SIGKILL};
    rdy_signals signals = {0}, more = {0};
    struct sigaction action;
    scene_open_poll();
    EXPECT(-EINVAL, rdy_signals_open(impossible, 2, &more));
    TRY_OUT(rdy_signals_open(numbers, 2, &signals), signals);
    EXPECT(-EBUSY, rdy_signals_open(numbers, 1, &more));
    scene_watch(&signals.source, 9, RDY_READABLE);
    for (unsigned i = 0; i < 2; i++) {
        raise(numbers[i]);
        REQUIRE(scene_await(9) & RDY_EVENT_READABLE);
        TRY(rdy_signals_next(&signals));
        REQUIRE(scene_result == numbers[i]);
        REQUIRE(rdy_signals_next(&signals) == -EAGAIN);
    }
    rdy_signals_close(&signals);
    REQUIRE(sigaction(SIGUSR1, NULL, &action) == 0 && action.sa_handler == SIG_DFL);
    scene_close_poll();
}

/* ---- memory ---- */

static void keep_objects(void)
{
    static rdy_token tokens[200];
    rdy_slab slab;
    rdy_slab_init(&slab, 48);
    for (size_t i = 0; i < COUNT(tokens); i++) {
        uint64_t *object;
        do
            object = rdy_slab_insert(&slab, &tokens[i]);
        while (scene_fails(object == NULL ? -ENOMEM : 0, __FILE__, __LINE__, "rdy_slab_insert"));
        *object = i;
        REQUIRE(rdy_slab_count(&slab) == i + 1);
    }
    for (size_t i = 0; i < COUNT(tokens); i++)
        REQUIRE(*(uint64_t *)rdy_slab_get(&slab, tokens[i]) == i);
    for (size_t i = 0; i < COUNT(tokens); i += 2)
        REQUIRE(rdy_slab_remove(&slab, tokens[i]) == 0 && rdy_slab_get(&slab, tokens[i]) == NULL);
    rdy_slab_free(&slab);
}

const struct scenario scenarios_of_reactor[] = {
    {"poll", live_and_die},
    {"best backend", take_the_best},
    {"poll in a poll", watch_a_poll},
    {"fork", refuse_in_child},
    {"register, edge", register_edge},
    {"register, level", register_level},
    {"register, oneshot", register_oneshot},
    {"register, high numbers", register_high},
    {"register, then no poll", outlive_the_poll},
    {"signals", take_signals},
    {"slab", keep_objects},
    {NULL, NULL},
};
