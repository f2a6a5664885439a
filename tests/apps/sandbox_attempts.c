#include "tests/apps/sandbox_attempts.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "apps/common/sandbox.h"
#include "tests/suite.h"

int ends[2];
static int listener;
static int epoll;
static unsigned char *page;

enum { PAGE = 4096 };

static char path[64]; /* of a file that is there */

/* ---- what a server does ---- */

static long echo_bytes(void)
{
    char byte = 'x';
    const bool ok = send(ends[0], &byte, 1, MSG_NOSIGNAL) == 1 && recv(ends[1], &byte, 1, 0) == 1 &&
                    write(ends[1], &byte, 1) == 1 && read(ends[0], &byte, 1) == 1;
    return ok ? 0 : -1;
}

static long wait_by_epoll(void)
{
    struct epoll_event event = {.events = EPOLLIN};
    return epoll_ctl(epoll, EPOLL_CTL_ADD, ends[0], &event) == 0 ? epoll_wait(epoll, &event, 1, 0) : -1;
}

static long wait_by_select(void)
{
    struct timeval at_once = {0};
    return select(0, NULL, NULL, NULL, &at_once);
}

static long accept_nobody(void)
{
    const int accepted = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    return accepted < 0 && errno == EAGAIN ? 0 : -1;
}

static long reset_when_closed(void)
{
    const struct linger linger = {.l_onoff = 1};
    return setsockopt(ends[0], SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
}

static long look_at_descriptor(void)
{
    struct stat status;
    return fstat(ends[0], &status) == 0 && fcntl(ends[0], F_GETFL) >= 0 ? 0 : -1;
}

static long grow(void)
{
    void *room = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return room != MAP_FAILED ? mprotect(room, PAGE, PROT_READ | PROT_WRITE) | munmap(room, PAGE) : -1;
}

static long signal_oneself(void)
{
    return signal(SIGUSR1, SIG_IGN) != SIG_ERR ? raise(SIGUSR1) : -1;
}

static long read_clock(void)
{
    struct timespec now;
    return syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
}

/* ---- what some do ---- */

static void *do_nothing(void *unused)
{
    return unused;
}

static long start_thread(void)
{
    pthread_t thread;
    errno = pthread_create(&thread, NULL, do_nothing, NULL);
    return errno == 0 ? pthread_join(thread, NULL) : -1;
}

static long look_at_file(void)
{
    struct stat status;
    return lstat(path, &status);
}

static long remove_file(void)
{
    return unlink(path);
}

/* ---- what none does ---- */

long open_file(void)
{
    return open("/dev/null", O_RDONLY);
}

static long make_file(void)
{
    return open(path, O_WRONLY | O_CREAT, 0600);
}

static long remove_folder(void)
{
    return unlinkat(AT_FDCWD, path, AT_REMOVEDIR);
}

static long open_socket(void)
{
    return socket(AF_INET, SOCK_STREAM, 0);
}

static long set_option_of_ip(void)
{
    return setsockopt(listener, 0, 64, NULL, 0); /* level IP, IPT_SO_SET_REPLACE: the firewall's tables */
}

static long load_filter(void)
{
    struct sock_filter all = {.code = BPF_RET | BPF_K, .k = 1};
    const struct sock_fprog program = {.len = 1, .filter = &all};
    return setsockopt(ends[0], SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

/* After its shutdown a listener is a socket like any other, and a send with an address can connect it. */
static long connect_listener(void)
{
    const struct sockaddr_in peer = {
        .sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    (void)shutdown(listener, SHUT_RDWR);
    return sendto(listener, "x", 1, MSG_FASTOPEN | MSG_NOSIGNAL, (const struct sockaddr *)&peer, sizeof peer);
}

static long duplicate(void)
{
    return fcntl(ends[0], F_DUPFD, 100);
}

static long type_into_terminal(void)
{
    return ioctl(STDIN_FILENO, TIOCSTI, "x");
}

static long map_code(void)
{
    return mmap(NULL, PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? -1 : 0;
}

static long make_code(void)
{
    return mprotect(page, PAGE, PROT_READ | PROT_EXEC);
}

static long signal_thread_of_another(void)
{
    return syscall(SYS_tgkill, getppid(), getppid(), 0);
}

static long fork_once(void)
{
    const pid_t child = fork();
    if (child == 0)
        _exit(0);
    return child;
}

static long clone_with_namespace(void)
{
    return syscall(SYS_clone, CLONE_VM | CLONE_SIGHAND | CLONE_THREAD | CLONE_NEWUSER, NULL, NULL, NULL,
                   NULL);
}

static long run_program(void)
{
    char *const command[] = {"true", NULL};
    return execv("/bin/true", command);
}

static long trace(void)
{
    return ptrace(PTRACE_TRACEME, 0, NULL, NULL);
}

static long read_another(void)
{
    struct iovec own = {page, 1};
    return process_vm_readv(getppid(), &own, 1, &own, 1, 0);
}

const attempt attempts[] = {
    {"echo", echo_bytes, 0, 0, DONE},
    {"epoll", wait_by_epoll, 0, 0, DONE},
    {"select", wait_by_select, 0, 0, DONE},
    {"accept", accept_nobody, 0, 0, DONE},
    {"linger", reset_when_closed, 0, 0, DONE},
    {"fstat and flags", look_at_descriptor, 0, 0, DONE},
    {"memory", grow, 0, 0, DONE},
    {"a signal to oneself", signal_oneself, 0, 0, DONE},
    {"the clock", read_clock, 0, 0, DONE},
    {"a thread where it is needed", start_thread, 0, SANDBOX_THREADS, DONE},
    {"lstat where it is needed", look_at_file, 0, SANDBOX_REMOVE_FILES, DONE},
    {"unlink where it is needed", remove_file, 0, SANDBOX_REMOVE_FILES, DONE},
    {"a thread", start_thread, 0, SANDBOX_REMOVE_FILES, ENOSYS},
    {"lstat", look_at_file, 0, SANDBOX_THREADS, ENOSYS},
    {"unlink", remove_file, 0, SANDBOX_THREADS, ENOSYS},
    {"rmdir", remove_folder, 0, SANDBOX_REMOVE_FILES, ENOSYS},
    {"rename", NULL, SYS_renameat2, SANDBOX_REMOVE_FILES, ENOSYS},
    {"chmod", NULL, SYS_fchmodat, SANDBOX_REMOVE_FILES, ENOSYS},
    {"a file", open_file, 0, SANDBOX_REMOVE_FILES, ENOSYS},
    {"a file to write", make_file, 0, SANDBOX_REMOVE_FILES, ENOSYS},
    {"a socket", open_socket, 0, 0, ENOSYS},
    {"connect", NULL, SYS_connect, 0, ENOSYS},
    {"bind", NULL, SYS_bind, 0, ENOSYS},
    {"connect by sendto", connect_listener, 0, 0, ENOSYS},
    {"sendmsg", NULL, SYS_sendmsg, 0, ENOSYS},
    {"an option of IP", set_option_of_ip, 0, 0, ENOSYS},
    {"a filter of a socket", load_filter, 0, 0, ENOSYS},
    {"dup", duplicate, 0, 0, ENOSYS},
    {"TIOCSTI", type_into_terminal, 0, 0, ENOSYS},
    {"new code", map_code, 0, 0, ENOSYS},
    {"data as code", make_code, 0, 0, ENOSYS},
    {"kill", NULL, SYS_kill, 0, ENOSYS},
    {"tgkill", signal_thread_of_another, 0, 0, ENOSYS},
    {"fork", fork_once, 0, SANDBOX_THREADS, ENOSYS},
    {"a thread in a namespace", clone_with_namespace, 0, SANDBOX_THREADS, ENOSYS},
    {"unshare", NULL, SYS_unshare, 0, ENOSYS},
    {"setuid", NULL, SYS_setuid, 0, ENOSYS},
    {"prctl", NULL, SYS_prctl, 0, ENOSYS},
    {"memfd_create", NULL, SYS_memfd_create, 0, ENOSYS},
    {"a call of tomorrow", NULL, 4000, 0, ENOSYS},
    {"bpf", NULL, SYS_bpf, 0, ENOSYS},
    {"io_uring_setup", NULL, SYS_io_uring_setup, 0, ENOSYS},
    {"execve", run_program, 0, SANDBOX_THREADS, KILLED},
    {"ptrace", trace, 0, 0, KILLED},
    {"process_vm_readv", read_another, 0, 0, KILLED},
};

const int attempt_count = COUNT(attempts);

void open_all(void)
{
    const struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    ck_assert_int_eq(bind(listener, (const struct sockaddr *)&any, sizeof any), 0);
    ck_assert_int_eq(listen(listener, 1), 0);
    epoll = epoll_create1(0);
    ck_assert_int_ge(epoll, 0);
    page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(page, MAP_FAILED);
    snprintf(path, sizeof path, "/tmp/rdy-sandbox-XXXXXX");
    const int file = mkstemp(path);
    ck_assert_int_ge(file, 0);
    close(file);
}

void close_all(void)
{
    unlink(path);
    munmap(page, PAGE);
    close(epoll);
    close(listener);
    close(ends[0]);
    close(ends[1]);
}
