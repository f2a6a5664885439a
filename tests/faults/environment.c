/*
 * The fault of a whole program, told by its environment:
 *
 *     RDY_FAULT=NAME:N[+]:WHAT[:done]    the Nth call of NAME, and with + all behind it, fails with WHAT, an errno such as
 *                                        EMFILE; or, for WHAT a number, moves at most so many bytes or messages. With
 *                                        `done` it is made, and then told to have failed.
 *     RDY_FAULT_LOG=FILE                 is written to when the fault comes about and when the program ends: a line
 *                                        "fired COUNT", then a line "NAME COUNT" for each call that was made, "live BLOCKS
 *                                        BYTES" for what is not freed; at the end "open DESCRIPTORS" too. It is opened at
 *                                        once: who gives up its rights may open nothing later.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/faults/engine.h"

enum { ERRNOS = 4096, DESCRIPTORS = 1024 };

static int log_file = -1;

static void write_log(void)
{
    const int kept_errno = errno;
    char text[8192];
    size_t length = (size_t)snprintf(text, sizeof text, "fired %lu\n", fault_fired());
    for (int call = 0; call < FAULT_CALLS; call++)
        if (fault_count((enum fault_call)call) != 0)
            length +=
                (size_t)snprintf(text + length, sizeof text - length, "%s %lu\n",
                                 fault_call_name((enum fault_call)call), fault_count((enum fault_call)call));
    length += (size_t)snprintf(text + length, sizeof text - length, "live %ld %ld\n", fault_live_blocks(),
                               fault_live_bytes());
    (void)!write(log_file, text, length);
    errno = kept_errno;
}

static int errno_of(const char *name)
{
    for (int error = 1; error < ERRNOS; error++) {
        const char *known = strerrorname_np(error);
        if (known != NULL && strcmp(known, name) == 0)
            return error;
    }
    return 0;
}

static bool read_what(const char *what, struct fault *fault)
{
    char *end;
    fault->error = errno_of(what);
    fault->most = strtoul(what, &end, 10);
    return fault->error != 0 || (end != what && *end == '\0');
}

static bool read_fault(const char *text, struct fault *fault)
{
    char name[32], nth[24], what[24], done[8] = "done";
    char *end;
    const int parts = sscanf(text, "%31[^:]:%23[^:]:%23[^:]:%7s", name, nth, what, done);
    if (parts < 3 || strcmp(done, "done") != 0 || !read_what(what, fault))
        return false;
    fault->call = fault_call_find(name);
    fault->nth = strtoul(nth, &end, 10);
    fault->lasts = strcmp(end, "+") == 0;
    fault->is_done = parts == 4;
    return fault->call != FAULT_CALLS && fault->nth != 0 && (fault->lasts || *end == '\0');
}

__attribute__((constructor)) static void begin(void)
{
    const char *told = getenv("RDY_FAULT");
    struct fault fault = {0};
    const char *const path = getenv("RDY_FAULT_LOG");
    if (path != NULL)
        log_file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (log_file >= 0)
        fault_tell(write_log);
    if (told != NULL && !read_fault(told, &fault)) {
        fprintf(stderr, "RDY_FAULT: %s: want NAME:N[+]:ERRNO|NUMBER[:done]\n", told);
        _exit(2);
    }
    fault_begin(told == NULL ? NULL : &fault);
}

/* Numbers are given from the lowest on. No folder is read: sandboxes forbid that. */
static void write_descriptors(void)
{
    char text[32];
    int count = 0;
    for (int fd = 0; fd < DESCRIPTORS; fd++)
        count += fcntl(fd, F_GETFD) != -1;
    (void)!write(log_file, text, (size_t)snprintf(text, sizeof text, "open %d\n", count));
}

__attribute__((destructor)) static void end(void)
{
    fault_end();
    if (log_file < 0)
        return;
    write_log();
    write_descriptors();
}
