#include "tests/peers/fail.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Noreturn void fail(const char *what)
{
    (void)fprintf(stderr, "story-peers: %s: %s\n", what, strerror(errno));
    exit(EXIT_FAILURE);
}
