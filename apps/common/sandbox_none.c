#include <errno.h>
#include <stddef.h>

#include "apps/common/sandbox.h"

const char *sandbox_name(void)
{
    return NULL;
}

int sandbox_enter(unsigned needs)
{
    (void)needs;
    return -ENOTSUP;
}
