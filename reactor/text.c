#include "reactor/text.h"

#include <stdarg.h>
#include <stdio.h>

void rdy_text_add(struct rdy_text *text, const char *format, ...)
{
    const size_t used = text->length < text->size ? text->length : text->size;
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text->size == 0 ? NULL : text->bytes + used, text->size - used, format, arguments);
    va_end(arguments);
    if (length > 0)
        text->length += (size_t)length;
}

void rdy_text_add_bits(struct rdy_text *text, const struct rdy_text_bit *names, size_t count, unsigned bits)
{
    const char *between = "";
    for (size_t i = 0; i < count; i++) {
        if ((bits & names[i].bit) == 0)
            continue;
        rdy_text_add(text, "%s%s", between, names[i].name);
        between = " | ";
    }
    if (*between == '\0')
        rdy_text_add(text, "(empty)");
}
