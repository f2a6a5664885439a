#include "bench/micro/micro.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

static int64_t read_clock(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t micro_now_ns(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

int64_t micro_cpu_ns(void)
{
    return read_clock(CLOCK_THREAD_CPUTIME_ID);
}

long micro_number(const char *name, const char *text, long least, long most)
{
    char *end;
    errno = 0;
    const long number = strtol(text, &end, 10);
    if (end == text || *end != '\0' || errno != 0 || number < least || number > most) {
        fprintf(stderr, "%s has to be a number from %ld to %ld, not \"%s\"\n", name, least, most, text);
        exit(2);
    }
    return number;
}

void micro_usage(const char *program, const char *arguments)
{
    const char *slash = strrchr(program, '/');
    fprintf(stderr, "usage: %s %s\n", slash == NULL ? program : slash + 1, arguments);
    exit(2);
}

void micro_fail(const char *what)
{
    perror(what);
    exit(1);
}

void micro_refused(const char *what, int answer)
{
    errno = -answer;
    micro_fail(what);
}

void micro_wrong(const char *what)
{
    fprintf(stderr, "wrong: %s\n", what);
    exit(1);
}

void micro_raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        micro_fail("getrlimit");
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
        micro_fail("setrlimit");
}
