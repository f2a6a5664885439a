#ifndef RDY_APPS_COMMON_OPTION_H
#define RDY_APPS_COMMON_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Values of command-line options. Each function reads the whole of `text`; a wrong one is reported on stderr
 * in one line ("rdy-echo: --idle-timeout: expected a duration such as 250ms, 5s or 2m, not '5 s'") and
 * -EINVAL is returned with the out-parameter untouched. 0 on success.
 */

/* For the messages: the name of the program. Static storage; "rdy" until it is set. */
void option_set_program(const char *name);
const char *option_program(void);

/* "250us", "250ms", "5s", "1.5s", "2m", "1h"; a bare number is seconds. Nanoseconds, 0 allowed. */
int option_duration(const char *option, const char *text, int64_t *ns);

/* A duration above 0. */
int option_timeout(const char *option, const char *text, int64_t *ns);

/* "512", "64KiB", "1MiB", "1GiB", also "64K", "1M", "1G" (powers of 1024) and "64kB", "1MB" (powers of 1000).
 */
int option_size(const char *option, const char *text, size_t *bytes);

/* A decimal number from `least` to `most`. */
int option_count(const char *option, const char *text, long least, long most, long *count);

/* A decimal number from 1 to 65535, and one from 1 to LONG_MAX. */
int option_port(const char *option, const char *text, uint16_t *port);
int option_positive(const char *option, const char *text, size_t *number);

/* "3/8": a shard of so many, both from 1 on. */
int option_shard(const char *option, const char *text, size_t *index, size_t *count);

/* One of the names in rdy_backends(), which is what `name` then points to. */
int option_backend(const char *option, const char *text, const char **name);

/* Checks the name that RDY_BACKEND holds, if it is set, likewise; for a program without --backend. */
int option_backend_of_environment(void);

/* Whether --seq was given with a --concurrency that it cannot have; 0 for none was given. */
int option_order(bool sequential, size_t concurrency);

struct option;

/*
 * Says what is wrong with an option after getopt_long(3) gave '?' or ':', in one line and the same words
 * whatever the C library. The short options begin with ':', so that it says nothing itself. In the table
 * `known`, long options without a letter have values above UCHAR_MAX. `word` is the argument before `optind`.
 */
void option_report_wrong(const struct option *known, const char *word);

/* One line on stderr, with the program's name in front and a newline behind: complain("%s: %s", what, why).
 */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
