/*
 * Runs each scenario with each fault: each call that it makes, each way in which that may fail, the first time, the
 * second and so on until the scenario passes untouched; each in a process of its own, and then once more without.
 *
 *     sweep                              all; prints how many faults that were
 *     sweep SCENARIO                     that one
 *     sweep SCENARIO CALL:N:ERROR[:done] one fault, in this process, for a debugger; the error is a number
 *
 * RDY_FAULTS=quick in the environment tries the first time alone. RDY_FAULTS_KERNEL=old has the kernel without what
 * came after Linux 2.6.22: the calls that the library can do without.
 */
#include "tests/faults/sweep.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/faults/errnos.h"
#include "tests/faults/libkqueue.h"
#include "tests/faults/scene.h"

enum { SECONDS_AT_MOST = 60, MOST_TIMES = 1000, ENOUGH_DESCRIPTORS = 4096 };

static const struct scenario *const tables[] = {scenarios_of_reactor, scenarios_of_waiting,
                                                scenarios_of_streams, scenarios_of_datagrams,
                                                scenarios_of_adoption};

/* What a child says of its run. */
static struct {
    unsigned long fired;
    unsigned long counts[FAULT_CALLS];
    bool is_left_out;
} * shared;

static const char *scenario_name;
static const struct fault *current;
static atomic_bool is_told;
static unsigned long injected, scenarios, failures;
static int report_fd = STDERR_FILENO;

const struct fault *sweep_fault(void)
{
    return current;
}

bool sweep_excuse(void)
{
    return !atomic_exchange(&is_told, true);
}

bool sweep_is_told(void)
{
    return atomic_load(&is_told);
}

void sweep_report(const char *format, ...)
{
    char what[512], fault[96] = "no fault";
    va_list values;
    va_start(values, format);
    (void)vsnprintf(what, sizeof what, format, values);
    va_end(values);
    if (current != NULL)
        (void)snprintf(fault, sizeof fault, "%s:%lu:%d%s (%s)", fault_call_name(current->call), current->nth,
                       current->error, current->is_done ? ":done" : "",
                       current->error == 0 ? "short" : strerrorname_np(current->error));
    (void)dprintf(report_fd, "%s, %s: %s\n", scenario_name, fault, what);
}

void sweep_leave_out(const char *why)
{
    sweep_report("left out: %s", why);
    shared->is_left_out = true;
    _exit(0);
}

/* ---- one run ---- */

static void on_alarm(int number)
{
    (void)number;
    sweep_report("still runs after %d s", SECONDS_AT_MOST);
    _exit(1);
}

static void run_once(const struct scenario *scenario, const struct fault *fault)
{
    current = fault;
    atomic_store(&is_told, false);
    scene_begin();
    fault_begin(fault);
    scenario->run();
    fault_end();
    scene_end();
}

/* What nothing can be done without, so that no success may be told where it failed. */
static bool has_to_be_told(enum fault_call call)
{
    switch (call) {
    case FAULT_aligned_alloc:
    case FAULT_bind:
    case FAULT_calloc:
    case FAULT_listen:
    case FAULT_pipe2:
    case FAULT_pthread_mutex_init:
    case FAULT_realloc:
    case FAULT_setsockopt:
    case FAULT_socket:
    case FAULT_socketpair:
        return true;
    case FAULT_malloc: /* the debug mode takes a record to show a shutdown, which is a hint and was made already */
        return getenv("RDY_DEBUG") == NULL;
    default:
        return false;
    }
}

static void run(const struct scenario *scenario, const struct fault *fault)
{
    run_once(scenario, fault);
    shared->fired = fault_fired();
    if (shared->fired > 0 && has_to_be_told(fault->call))
        REQUIRE(sweep_is_told());
    for (int call = 0; call < FAULT_CALLS; call++)
        shared->counts[call] = fault_count((enum fault_call)call);
    if (shared->fired > 0)
        run_once(scenario, NULL);
}

/* What the debug mode writes on stderr of what scenarios do wrong on purpose is not to be seen. */
static void hide_stderr(void)
{
    report_fd = dup(STDERR_FILENO);
    if (getenv("RDY_DEBUG") != NULL && freopen("/dev/null", "w", stderr) == NULL)
        _exit(1);
}

/* Whether it passed. */
static bool run_in_child(const struct scenario *scenario, const struct fault *fault)
{
    int status;
    memset(shared, 0, sizeof *shared);
    const pid_t child = fork();
    if (child == 0) {
        signal(SIGALRM, on_alarm);
        alarm(SECONDS_AT_MOST);
        hide_stderr();
        run(scenario, fault);
        _exit(0);
    }
    if (child < 0 || waitpid(child, &status, 0) != child)
        return false;
    current = fault;
    if (WIFSIGNALED(status))
        sweep_report("killed by %s", strsignal(WTERMSIG(status)));
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* ---- all of them ---- */

/* Until the scenario passes untouched. */
static void sweep_way(const struct scenario *scenario, enum fault_call call, struct fault_way way)
{
    const char *wanted = getenv("RDY_FAULTS");
    const bool is_quick = wanted != NULL && strcmp(wanted, "quick") == 0;
    const unsigned long most = is_quick ? 1 : MOST_TIMES;
    struct fault fault = {.call = call, .error = way.error, .is_done = way.is_done, .most = 1};
    for (fault.nth = 1; fault.nth <= most; fault.nth++) {
        const bool passed = run_in_child(scenario, &fault);
        failures += !passed;
        injected += shared->fired > 0 || !passed;
        if (shared->fired == 0)
            return;
    }
    if (!is_quick) {
        sweep_report("not untouched after %d faults", MOST_TIMES);
        failures++;
    }
}

static void sweep_call(const struct scenario *scenario, enum fault_call call)
{
    const struct fault_way *way = fault_ways(call);
    if (way == NULL) {
        current = NULL;
        sweep_report("errnos.c does not say how %s fails", fault_call_name(call));
        failures++;
        return;
    }
    for (; way->error >= 0; way++)
        sweep_way(scenario, call, *way);
}

static void sweep(const struct scenario *scenario)
{
    scenario_name = scenario->name;
    const bool passed = run_in_child(scenario, NULL);
    failures += !passed;
    scenarios += !shared->is_left_out;
    if (!passed || shared->is_left_out)
        return;
    bool is_made[FAULT_CALLS];
    for (int call = 0; call < FAULT_CALLS; call++)
        is_made[call] = shared->counts[call] > 0;
    for (int call = 0; call < FAULT_CALLS; call++)
        if (is_made[call])
            sweep_call(scenario, (enum fault_call)call);
}

static void run_here(const struct scenario *scenario, const char *text)
{
    char name[32], done[8] = "";
    struct fault fault = {.most = 1};
    if (sscanf(text, "%31[^:]:%lu:%d:%7s", name, &fault.nth, &fault.error, done) < 3)
        exit(2);
    fault.call = fault_call_find(name);
    fault.is_done = strcmp(done, "done") == 0;
    scenario_name = scenario->name;
    run(scenario, &fault);
    printf("fired %lu\n", shared->fired);
}

static void begin_old_kernel(void)
{
    const char *kernel = getenv("RDY_FAULTS_KERNEL");
    const enum fault_call later[] = {FAULT_accept4,  FAULT_epoll_pwait2, FAULT_eventfd,  FAULT_madvise,
                                     FAULT_pwritev2, FAULT_recvmmsg,     FAULT_sendfile, FAULT_sendmmsg};
    if (kernel == NULL || strcmp(kernel, "old") != 0)
        return;
    for (size_t i = 0; i < sizeof later / sizeof later[0]; i++)
        fault_forbid(later[i], ENOSYS);
}

/* Scenarios use numbers beyond what many shells allow at first. */
static void raise_limit(void)
{
    struct rlimit limits;
    if (getrlimit(RLIMIT_NOFILE, &limits) == 0 && limits.rlim_cur < ENOUGH_DESCRIPTORS) {
        limits.rlim_cur = limits.rlim_max < ENOUGH_DESCRIPTORS ? limits.rlim_max : ENOUGH_DESCRIPTORS;
        (void)setrlimit(RLIMIT_NOFILE, &limits);
    }
}

int main(int argc, char **argv)
{
    raise_limit();
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    begin_old_kernel();
    for (size_t table = 0; table < sizeof tables / sizeof tables[0]; table++)
        for (const struct scenario *scenario = tables[table]; scenario->name != NULL; scenario++) {
            if (argc > 1 && strcmp(argv[1], scenario->name) != 0)
                continue;
            const char *lack = libkqueue_lack(scenario->name);
            if (lack != NULL) {
                printf("left out over libkqueue: %s: %s\n", scenario->name, lack);
                continue;
            }
            if (argc > 2) {
                run_here(scenario, argv[2]);
                return EXIT_SUCCESS;
            }
            sweep(scenario);
        }
    printf("| Faults injected, library, %s%s%s | %lu in %lu scenarios, %lu failures |\n",
           getenv("RDY_BACKEND") == NULL ? "best backend" : getenv("RDY_BACKEND"),
           getenv("RDY_FAULTS_KERNEL") == NULL ? "" : ", old kernel",
           getenv("RDY_DEBUG") == NULL ? "" : ", debug mode", injected, scenarios, failures);
    return failures == 0 && scenarios > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
