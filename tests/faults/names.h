#ifndef TESTS_FAULTS_NAMES_H
#define TESTS_FAULTS_NAMES_H

/*
 * Included by the compiler, before anything else (-include), into each source of the library and the programs that are
 * to be made to fail: every call that can (calls.h) becomes its stand-in. The sources know nothing of it. What they
 * declare themselves under such a name, a member or a variable, is renamed with it, the same in all of them.
 */

#include "tests/faults/calls.h"

/* The stand-ins make the calls as tests/memory.h has them. */
#undef fstat
#undef lstat
#undef stat

#define accept             fault_accept
#define accept4            fault_accept4
#define access             fault_access
#define aligned_alloc      fault_aligned_alloc
#define bind               fault_bind
#define calloc             fault_calloc
#define clock_gettime      fault_clock_gettime
#define close              fault_close
#define closedir           fault_closedir
#define connect            fault_connect
#define dup2               fault_dup2
#define epoll_create1      fault_epoll_create1
#define epoll_ctl          fault_epoll_ctl
#define epoll_wait         fault_epoll_wait
#define eventfd            fault_eventfd
#define execvp             fault_execvp
#define fchmod             fault_fchmod
#define fchown             fault_fchown
#define fclose             fault_fclose
#define fcntl              fault_fcntl
#define fdopen             fault_fdopen
#define fflush             fault_fflush
#define fopen              fault_fopen
#define free               fault_free
#define fstat              fault_fstat
#define ftruncate          fault_ftruncate
#define getaddrinfo        fault_getaddrinfo
#define getentropy         fault_getentropy
#define getgrnam           fault_getgrnam
#define getgrouplist       fault_getgrouplist
#define getifaddrs         fault_getifaddrs
#define getpeername        fault_getpeername
#define getpwnam           fault_getpwnam
#define getpwuid           fault_getpwuid
#define getrlimit          fault_getrlimit
#define getsockname        fault_getsockname
#define getsockopt         fault_getsockopt
#define if_nametoindex     fault_if_nametoindex
#define initgroups         fault_initgroups
#define ioctl              fault_ioctl
#define isatty             fault_isatty
#define listen             fault_listen
#define lstat              fault_lstat
#define madvise            fault_madvise
#define malloc             fault_malloc
#define mkdir              fault_mkdir
#define mmap               fault_mmap
#define munmap             fault_munmap
#define open               fault_open
#define opendir            fault_opendir
#define pipe2              fault_pipe2
#define poll               fault_poll
#define prctl              fault_prctl
#define pread              fault_pread
#define pthread_create     fault_pthread_create
#define pthread_mutex_init fault_pthread_mutex_init
#define pthread_sigmask    fault_pthread_sigmask
#define pwrite             fault_pwrite
#define raise              fault_raise
#define read               fault_read
#define readdir            fault_readdir
#define readlink           fault_readlink
#define readv              fault_readv
#define realloc            fault_realloc
#define recv               fault_recv
#define recvmmsg           fault_recvmmsg
#define recvmsg            fault_recvmsg
#define rename             fault_rename
#define rmdir              fault_rmdir
#define select             fault_select
#define send               fault_send
#define sendfile           fault_sendfile
#define sendmmsg           fault_sendmmsg
#define sendmsg            fault_sendmsg
#define setenv             fault_setenv
#define seteuid            fault_seteuid
#define setgid             fault_setgid
#define setgroups          fault_setgroups
#define setrlimit          fault_setrlimit
#define setsockopt         fault_setsockopt
#define setuid             fault_setuid
#define shutdown           fault_shutdown
#define sigaltstack        fault_sigaltstack
#define signal             fault_signal
#define sigpending         fault_sigpending
#define sigtimedwait       fault_sigtimedwait
#define sigwait            fault_sigwait
#define socket             fault_socket
#define socketpair         fault_socketpair
#define strdup             fault_strdup
#define strndup            fault_strndup
#define syscall            fault_syscall
#define sysconf            fault_sysconf
#define ttyname            fault_ttyname
#define unlink             fault_unlink
#define write              fault_write
#define writev             fault_writev
#ifdef RDY_HAVE_KQUEUE
#define kevent(...) fault_kevent(__VA_ARGS__)
#define kqueue      fault_kqueue
#endif

/* There are structs of these names too. */
#define sigaction(...) fault_sigaction(__VA_ARGS__)
#define stat(...)      fault_stat(__VA_ARGS__)

#endif
