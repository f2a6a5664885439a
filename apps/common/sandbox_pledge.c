#include <errno.h>
#include <unistd.h>

#include "apps/common/sandbox.h"

const char *sandbox_name(void)
{
    return "pledge";
}

/* What breaks a promise of pledge(2) is killed. Threads are among what everybody may do. */
int sandbox_enter(unsigned needs)
{
    const char *const promises =
        needs & SANDBOX_REMOVE_FILES ? "stdio inet unix rpath cpath" : "stdio inet unix";
    return pledge(promises, NULL) < 0 ? -errno : 0;
}
