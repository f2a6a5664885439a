#include "apps/common/standard_output.h"

#include <errno.h>
#include <stdio.h>

#include "apps/common/option.h"
#include "reactor/error.h"

bool flush_output(void)
{
    /* A C library may have tried to write, and given up, before: fflush then has nothing to do. */
    if (fflush(stdout) == 0 && !ferror(stdout))
        return true;
    if (errno != EPIPE)
        complain("cannot write to the standard output: %s", rdy_error_sentence(-errno));
    return false;
}
