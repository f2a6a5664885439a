#ifndef RDY_REACTOR_TEXT_H
#define RDY_REACTOR_TEXT_H

/* Private: text put together in a buffer that may be too small, counted like snprintf(3). */

#include <stddef.h>

struct rdy_text {
    char *bytes;
    size_t size;
    size_t length; /* of the whole text, cut or not */
};

/* Appends as printf(3) would write it. */
void rdy_text_add(struct rdy_text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

struct rdy_text_bit {
    unsigned bit;
    const char *name;
};

/* Appends the names of the bits that are set, with " | " between them, or "(empty)" if none has a name. */
void rdy_text_add_bits(struct rdy_text *text, const struct rdy_text_bit *names, size_t count, unsigned bits);

#endif
