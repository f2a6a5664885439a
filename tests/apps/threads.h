#ifndef RDY_TESTS_APPS_THREADS_H
#define RDY_TESTS_APPS_THREADS_H

#include <dirent.h>
#include <sched.h>
#include <stdint.h>

#include "reactor/clock.h"

/* Threads of this process; 1 where the system has no list of them. */
static inline int threads_count(void)
{
    DIR *directory = opendir("/proc/self/task");
    int count = 0;
    if (directory == NULL)
        return 1;
    for (const struct dirent *entry = readdir(directory); entry != NULL; entry = readdir(directory))
        count += entry->d_name[0] != '.';
    closedir(directory);
    return count;
}

/*
 * Waits for the threads of a resolver that was closed, until there are as many as before it was opened. It
 * leaves them to end by themselves, and valgrind would count what they hold at exit as lost. Not for long: a
 * sanitizer starts a thread of its own, which stays.
 */
static inline void threads_wait_until(int count)
{
    const int64_t deadline_ns = rdy_clock_now() + 200 * RDY_MILLISECOND;
    while (threads_count() > count && rdy_clock_now() < deadline_ns)
        sched_yield();
}

#endif
