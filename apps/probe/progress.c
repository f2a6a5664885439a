#include "apps/probe/progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* To the first column, and what stands behind it erased (ECMA-48, EL). */
#define LINE_START "\r\033[K"

bool progress_is_visible(void)
{
    const char *terminal = getenv("TERM");
    return isatty(STDERR_FILENO) && terminal != NULL && strcmp(terminal, "dumb") != 0;
}

void progress_draw(size_t done, size_t total, size_t in_flight, size_t ok)
{
    fprintf(stderr, LINE_START "%zu/%zu done, %zu in flight, %zu ok", done, total, in_flight, ok);
    fflush(stderr);
}

void progress_clear(void)
{
    fputs(LINE_START, stderr);
    fflush(stderr);
}
