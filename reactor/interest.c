#include "reactor/interest.h"

#include "reactor/text.h"

int rdy_interest_print(rdy_interest interest, char *bytes, size_t size)
{
    static const struct rdy_text_bit names[] = {
        {RDY_READABLE, "READABLE"}, {RDY_WRITABLE, "WRITABLE"}, {RDY_PRIORITY, "PRIORITY"},
        {RDY_LEVEL, "LEVEL"},       {RDY_ONESHOT, "ONESHOT"},   {RDY_EXCLUSIVE, "EXCLUSIVE"},
    };
    struct rdy_text text = {.bytes = bytes, .size = size};
    rdy_text_add_bits(&text, names, sizeof names / sizeof names[0], interest);
    return (int)text.length;
}
