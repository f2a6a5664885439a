#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* What libFuzzer calls with each input. 0: it may be kept if it reached something new. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* What must hold whatever the input; libFuzzer keeps one that ends the program. */
static inline void must_hold(int condition)
{
    if (!condition)
        abort();
}

#endif
