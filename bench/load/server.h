#ifndef RDY_BENCH_LOAD_SERVER_H
#define RDY_BENCH_LOAD_SERVER_H

#include <stdint.h>
#include <sys/types.h>

/* What the system tells of the server from outside. Each function returns 0, or a negative errno. */

struct server_time {
    int64_t cpu_ns; /* as server_cpu_read */
    int64_t user_ns;
    int64_t system_ns; /* these two in the clock ticks of /proc/PID/stat, 10 ms */
};

/*
 * Of all its threads, those that have ended too. What a thread has taken is added when it gives up its processor, and
 * at each tick of the kernel's timer while it keeps it: exact just after it moves, up to a tick late before.
 */
int server_cpu_read(pid_t pid, int64_t *ns);

int server_time_read(pid_t pid, struct server_time *time);

/* Its resident set in bytes, from /proc/PID/smaps_rollup. */
int server_memory_read(pid_t pid, int64_t *bytes);

/* The most that it has been; the kernel adds this up now and then, so it may be some pages short. */
int server_memory_peak_read(pid_t pid, int64_t *bytes);

/*
 * How many descriptors it has open: counted one by one, which takes milliseconds for thousands; and looked up, which
 * takes a system call, but counts those too that threads have reserved which wait in accept(2).
 */
int server_descriptors_count(pid_t pid, int64_t *count);
int server_descriptors_look(pid_t pid, int64_t *count);

#endif
