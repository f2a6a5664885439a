#include "reactor/clock.h"

#include <time.h>

int64_t rdy_clock_now(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC,
                        &now); /* cannot fail for this clock and a valid address (clock_gettime(2)) */
    return (int64_t)now.tv_sec * RDY_SECOND + now.tv_nsec;
}
