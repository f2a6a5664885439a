#include "tests/faults/libkqueue.h"

#include <stdlib.h>
#include <string.h>

#include "tests/faults/scene.h"

static const struct {
    const char *scenario, *reason;
} lacks[] = {
    {"poll in a poll", "its own descriptor is never readable"},
    {"connect, refused", "it takes SO_ERROR away"},
};

#ifdef RDY_HAVE_KQUEUE

bool libkqueue_is_late(void)
{
    return true;
}

void libkqueue_begin(void)
{
    static int kept = -1;
    if (kept < 0)
        kept = kqueue();
    REQUIRE(kept >= 0);
}

#else

bool libkqueue_is_late(void)
{
    return false;
}

void libkqueue_begin(void)
{
}

#endif

const char *libkqueue_lack(const char *scenario)
{
    const char *backend = getenv("RDY_BACKEND");
    if (backend == NULL || strcmp(backend, "kqueue") != 0)
        return NULL;
    for (size_t i = 0; i < sizeof lacks / sizeof lacks[0]; i++)
        if (strcmp(lacks[i].scenario, scenario) == 0)
            return lacks[i].reason;
    return NULL;
}
