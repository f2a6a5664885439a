#ifndef RDY_APPS_COMMON_MILLISECONDS_H
#define RDY_APPS_COMMON_MILLISECONDS_H

#include <stdint.h>

#include "reactor/clock.h"

/* Nanoseconds in the unit in which the programs print them. */
static inline double milliseconds(int64_t ns)
{
    return (double)ns / (double)RDY_MILLISECOND;
}

#endif
