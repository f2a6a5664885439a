#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "apps/common/sandbox.h"

/*
 * A list of what is allowed. All else fails with ENOSYS, as on a kernel that does not have it: a C library of tomorrow
 * then takes the call that it took yesterday, where death would be an outage. What no server does by accident kills.
 * Calls go by their names: those that an architecture, or this libseccomp, does not know are passed over.
 */

static const char *const deadly[] = {"execve",           "execveat",          "fork",   "vfork", "ptrace",
                                     "process_vm_readv", "process_vm_writev", "uselib", NULL};

static const char *const bytes[] = {"accept",   "accept4", "close",    "getsockopt", "read",   "recv",
                                    "recvfrom", "send",    "shutdown", "write",      "writev", NULL};

static const char *const waiting[] = {
    "_newselect",   "clock_nanosleep", "clock_nanosleep_time64", "epoll_ctl",   "epoll_pwait", "epoll_pwait2",
    "epoll_wait",   "futex",           "futex_time64",           "nanosleep",   "poll",        "ppoll",
    "ppoll_time64", "pselect6",        "pselect6_time64",        "sched_yield", "select",      NULL};

/*
 * The time where it is not read from memory, and what C libraries ask. A thread of glibc registers with rseq(2) when it
 * begins, and aborts the process if it cannot: it may have been started before.
 */
static const char *const asking[] = {
    "clock_gettime",     "clock_gettime64", "fstat",        "fstat64",    "getpid",
    "getrandom",         "gettid",          "gettimeofday", "membarrier", "rseq",
    "sched_getaffinity", "set_robust_list", "time",         NULL};

/* What could make memory executable is below. */
static const char *const memory[] = {"brk", "madvise", "mremap", "munmap", NULL};

static const char *const signals[] = {
    "restart_syscall", "rt_sigaction",           "rt_sigpending", "rt_sigprocmask", "rt_sigreturn",
    "rt_sigtimedwait", "rt_sigtimedwait_time64", "sigaltstack",   "sigreturn",      NULL};

static const char *const end[] = {"exit", "exit_group", NULL};
static const char *const files[] = {"fstatat64", "lstat", "lstat64", "newfstatat", "statx", "unlink", NULL};

typedef struct call_group {
    unsigned need; /* 0: always */
    uint32_t action;
    const char *const *calls;
} call_group;

static const call_group groups[] = {
    {0, SCMP_ACT_KILL_PROCESS, deadly}, {0, SCMP_ACT_ALLOW, bytes},
    {0, SCMP_ACT_ALLOW, waiting},       {0, SCMP_ACT_ALLOW, asking},
    {0, SCMP_ACT_ALLOW, memory},        {0, SCMP_ACT_ALLOW, signals},
    {0, SCMP_ACT_ALLOW, end},           {SANDBOX_REMOVE_FILES, SCMP_ACT_ALLOW, files},
};

/* A call that is allowed with some arguments alone. */
typedef struct limit {
    const char *call;
    unsigned need; /* as above */
    unsigned argument;
    scmp_datum_t bits;  /* which are looked at: the kernel drops what is above those of an int */
    scmp_datum_t value; /* and what they have to be */
} limit;

#define INT_BITS UINT32_MAX
#define THREAD   (CLONE_VM | CLONE_SIGHAND | CLONE_THREAD)
#define NAMESPACES                                                                                           \
    (CLONE_NEWCGROUP | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUSER |            \
     CLONE_NEWUTS)

static const limit limits[] = {
#ifndef __i386__ /* its one argument leads there to what a filter cannot see; C libraries use mmap2 */
    {"mmap", 0, 2, PROT_EXEC, 0},
#endif
    {"mmap2", 0, 2, PROT_EXEC, 0},
    {"mprotect", 0, 2, PROT_EXEC, 0},
    {"fcntl", 0, 1, INT_BITS, F_GETFD},
    {"fcntl", 0, 1, INT_BITS, F_SETFD},
    {"fcntl", 0, 1, INT_BITS, F_GETFL},
    {"fcntl", 0, 1, INT_BITS, F_SETFL},
    {"fcntl64", 0, 1, INT_BITS, F_GETFD},
    {"fcntl64", 0, 1, INT_BITS, F_SETFD},
    {"fcntl64", 0, 1, INT_BITS, F_GETFL},
    {"fcntl64", 0, 1, INT_BITS, F_SETFL},
    {"ioctl", 0, 1, INT_BITS, TCGETS},     /* stdio asks whether it writes to a terminal: glibc so, musl */
    {"ioctl", 0, 1, INT_BITS, TIOCGWINSZ}, /* so */
    {"ioctl", 0, 1, INT_BITS, FIONREAD},   /* and libkqueue how much there is */
    {"ioctl", 0, 1, INT_BITS, TIOCOUTQ},
    /* send(3). With an address and MSG_FASTOPEN it connects, even what was a listener until shutdown(2) */
    {"sendto", 0, 4, UINT64_MAX, 0},
    /* fstat(3) of newer C libraries; with a name beside the flag it is stat(3), and no filter can tell */
    {"fstatat64", 0, 3, AT_EMPTY_PATH, AT_EMPTY_PATH},
    {"newfstatat", 0, 3, AT_EMPTY_PATH, AT_EMPTY_PATH},
    {"statx", 0, 2, AT_EMPTY_PATH, AT_EMPTY_PATH},
    /* clone3(2), whose flags a filter does not see, is missing then, and C libraries go on with this */
    {"clone", SANDBOX_THREADS, 0, THREAD | NAMESPACES, THREAD},
    {"unlinkat", SANDBOX_REMOVE_FILES, 2, INT_BITS, 0},
};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static bool is_needed(unsigned need, unsigned needs)
{
    return (need & ~needs) == 0;
}

static int add_group(scmp_filter_ctx filter, const call_group *group)
{
    int error = 0;
    for (const char *const *call = group->calls; *call != NULL && error == 0; call++) {
        const int number = seccomp_syscall_resolve_name(*call);
        error =
            number == __NR_SCMP_ERROR ? 0 : seccomp_rule_add_array(filter, group->action, number, 0, NULL);
    }
    return error;
}

static int add_limit(scmp_filter_ctx filter, const limit *rule)
{
    const int number = seccomp_syscall_resolve_name(rule->call);
    const struct scmp_arg_cmp compare =
        SCMP_CMP64(rule->argument, SCMP_CMP_MASKED_EQ, rule->bits, rule->value);
    return number == __NR_SCMP_ERROR ? 0
                                     : seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, number, 1, &compare);
}

/* The one option that a server sets on a client, to close with a reset. Others load programs into the kernel. */
static int add_linger(scmp_filter_ctx filter)
{
    const struct scmp_arg_cmp compare[] = {
        SCMP_CMP64(1, SCMP_CMP_MASKED_EQ, INT_BITS, SOL_SOCKET),
        SCMP_CMP64(2, SCMP_CMP_MASKED_EQ, INT_BITS, SO_LINGER),
    };
    return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(setsockopt), COUNT(compare), compare);
}

static int add_rules(scmp_filter_ctx filter, unsigned needs)
{
    /* abort(3) signals its own thread; nobody else is to be signalled. */
    const limit own_signals = {"tgkill", 0, 0, INT_BITS, (scmp_datum_t)getpid()};
    int error = add_limit(filter, &own_signals);
    if (error == 0)
        error = add_linger(filter);
    for (size_t i = 0; i < COUNT(groups) && error == 0; i++)
        if (is_needed(groups[i].need, needs))
            error = add_group(filter, &groups[i]);
    for (size_t i = 0; i < COUNT(limits) && error == 0; i++)
        if (is_needed(limits[i].need, needs))
            error = add_limit(filter, &limits[i]);
    return error;
}

/* For threads that run already too; who calls the kernel as on another architecture (32-bit on 64-bit) dies. */
static int set_attributes(scmp_filter_ctx filter)
{
    int error = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
    if (error == 0)
        error = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
    if (error == 0)
        error = seccomp_attr_set(filter, SCMP_FLTATR_API_SYSRAWRC, 1); /* errors are the kernel's */
    if (error != 0)
        return error;
    /* Both are for speed: a search by halves, and no guard against what this process may find out about itself. */
    (void)seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
    (void)seccomp_attr_set(filter, SCMP_FLTATR_CTL_SSB, 1);
    return 0;
}

const char *sandbox_name(void)
{
    return "seccomp";
}

int sandbox_enter(unsigned needs)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
    if (filter == NULL)
        return -ENOMEM;
    int error = set_attributes(filter);
    if (error == 0)
        error = add_rules(filter, needs);
    if (error == 0)
        error = seccomp_load(filter);
    seccomp_release(filter);
    return error;
}
