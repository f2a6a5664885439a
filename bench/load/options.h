#ifndef RDY_BENCH_LOAD_OPTIONS_H
#define RDY_BENCH_LOAD_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { OPTIONS_USAGE = 2 }; /* the exit code */

struct options {
    int (*run)(const struct options *options); /* what was asked for; gives the exit code */
    uint16_t port;
    pid_t pid;
    uint32_t connections; /* --clients too */
    uint32_t depth;
    uint32_t size;
    int64_t warm_ns;
    int64_t seconds_ns;
    uint32_t messages; /* 0: as many as fit into the time */
    int64_t limit_ns;
};

/* 0, or -EIO. */
int options_print_help(void);

/* Reads the command line. 0; or the program is to end, with *code: after --help, or a usage error, reported. */
bool options_read(struct options *options, int count, char **arguments, int *code);

#endif
