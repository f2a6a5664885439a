#include "tests/faults/scene.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/stream.h"
#include "reactor/os/process.h"
#include "tests/faults/engine.h"
#include "tests/faults/libkqueue.h"
#include "tests/faults/sweep.h"

_Thread_local ptrdiff_t scene_result;
static _Thread_local struct {
    const void *object;
    size_t size;
    unsigned char before[1024];
} kept;

rdy_poll *scene_poll;
rdy_registry *scene_registry;
static rdy_events events;

_Noreturn void scene_fail(const char *file, int line, const char *promise)
{
    sweep_report("%s:%d: %s", file, line, promise);
    _exit(1);
}

void scene_keep(const void *object, size_t size)
{
    REQUIRE(size <= sizeof kept.before);
    kept.object = object;
    kept.size = size;
    memcpy(kept.before, object, size);
}

static _Noreturn void fail_call(ptrdiff_t result, const char *file, int line, const char *call)
{
    char promise[256];
    (void)snprintf(promise, sizeof promise, "%s gives %td%s%s", call, result, result < 0 ? ", " : "",
                   result < 0 ? strerror((int)-result) : "");
    scene_fail(file, line, promise);
}

/* Nothing but a wait may say -EINTR. */
static bool is_of_wait(enum fault_call call)
{
    return call == FAULT_epoll_wait || call == FAULT_epoll_pwait2 || call == FAULT_select ||
           call == FAULT_kevent;
}

/* Whether the result is the fault, told for the first time. Bytes that the kernel would not take are a would-block. */
static bool is_the_fault(ptrdiff_t result)
{
    const struct fault *fault = sweep_fault();
    if (fault == NULL || fault_fired() == 0 || result != (fault->error == 0 ? -EAGAIN : -fault->error))
        return false;
    return (result != -EINTR || is_of_wait(fault->call)) && sweep_excuse();
}

bool scene_fails(ptrdiff_t result, const char *file, int line, const char *call)
{
    scene_result = result;
    if (result < 0 && !is_the_fault(result))
        fail_call(result, file, line, call);
    if (result < 0 && kept.size > 0 && memcmp(kept.object, kept.before, kept.size) != 0)
        scene_fail(file, line, "what the call that failed was to leave is changed");
    kept.size = 0;
    return result < 0;
}

bool scene_fails_otherwise(ptrdiff_t result, int error, const char *file, int line, const char *call)
{
    scene_result = result;
    if (result != error && !is_the_fault(result))
        fail_call(result, file, line, call);
    return result != error;
}

bool scene_is_spoiled(void)
{
    return sweep_is_told();
}

bool scene_is_spoiled_by(enum fault_call call)
{
    return scene_is_spoiled() && sweep_fault()->call == call;
}

/* ---- what is taken ---- */

static struct {
    int descriptors;
    long blocks, bytes;
    sigset_t mask;
} taken;

static int count_descriptors(void)
{
    int count = 0;
    DIR *folder = opendir("/proc/self/fd");
    REQUIRE(folder != NULL);
    while (readdir(folder) != NULL)
        count++;
    closedir(folder);
    return count;
}

/* libkqueue gets the time that it takes. */
static bool are_descriptors_back(void)
{
    const struct timespec moment = {.tv_nsec = 1000000};
    for (int tries = libkqueue_is_late() ? 5000 : 0; tries > 0; tries--) {
        if (count_descriptors() == taken.descriptors)
            break;
        nanosleep(&moment, NULL);
    }
    return count_descriptors() == taken.descriptors;
}

void scene_begin(void)
{
    libkqueue_begin();
    taken.descriptors = count_descriptors();
    taken.blocks = fault_live_blocks();
    taken.bytes = fault_live_bytes();
    sigprocmask(SIG_BLOCK, NULL, &taken.mask);
}

void scene_end(void)
{
    sigset_t mask;
    sigprocmask(SIG_BLOCK, NULL, &mask);
    REQUIRE(are_descriptors_back());
    REQUIRE(fault_live_blocks() == taken.blocks && fault_live_bytes() == taken.bytes);
    REQUIRE(fault_live_mappings() == (rdy_process_page != NULL)); /* which a process keeps */
    for (int number = 1; number < NSIG; number++)
        REQUIRE(sigismember(&mask, number) == sigismember(&taken.mask, number));
}

/* ---- what most have ---- */

enum { CAPACITY = 16 };

static uint32_t told[CAPACITY]; /* the flags of each token that were not awaited yet */

void scene_open_poll(void)
{
    TRY_OUT(rdy_poll_open(NULL, &scene_poll), scene_poll);
    TRY_OUT(rdy_events_alloc(CAPACITY, &events), events);
    scene_registry = rdy_poll_registry(scene_poll);
    memset(told, 0, sizeof told);
}

void scene_close_poll(void)
{
    rdy_events_free(&events);
    rdy_poll_close(scene_poll);
    scene_poll = NULL;
    scene_registry = NULL;
}

void scene_open_pair(int ends[2], rdy_source *source)
{
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) == 0);
    *source = rdy_source_from_fd(ends[0]);
}

void scene_watch(rdy_source *source, rdy_token token, rdy_interest interest)
{
    TRY_OUT(rdy_registry_register(scene_registry, source, token, interest), *source);
}

uint32_t scene_await(rdy_token token)
{
    while (told[token] == 0) {
        while (scene_fails(rdy_poll_wait(scene_poll, &events, PATIENCE), __FILE__, __LINE__, "rdy_poll_wait"))
            REQUIRE(events.count == 0);
        REQUIRE(scene_result > 0);
        for (size_t i = 0; i < events.count; i++)
            told[events.items[i].token] |= events.items[i].flags;
    }
    const uint32_t flags = told[token];
    told[token] = 0;
    return flags;
}

void scene_await_nothing(void)
{
    TRY(rdy_poll_wait(scene_poll, &events, 0));
    REQUIRE(scene_result == 0 && events.count == 0);
}

void scene_write(rdy_source *stream, const void *bytes, size_t size)
{
    for (size_t done = 0; done < size; done += (size_t)scene_result)
        TRY(rdy_stream_write(stream, (const unsigned char *)bytes + done, size - done));
}

void scene_read(rdy_source *stream, void *bytes, size_t size)
{
    for (size_t done = 0; done < size; done += (size_t)scene_result) {
        TRY(rdy_stream_read(stream, (unsigned char *)bytes + done, size - done));
        REQUIRE(scene_result > 0);
    }
}
