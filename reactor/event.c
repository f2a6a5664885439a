#include "reactor/event.h"

#include "reactor/text.h"

int rdy_event_print(rdy_event event, char *bytes, size_t size)
{
    static const struct rdy_text_bit names[] = {
        {RDY_EVENT_READABLE, "READABLE"},       {RDY_EVENT_WRITABLE, "WRITABLE"},
        {RDY_EVENT_PRIORITY, "PRIORITY"},       {RDY_EVENT_ERROR, "ERROR"},
        {RDY_EVENT_READ_CLOSED, "READ_CLOSED"}, {RDY_EVENT_WRITE_CLOSED, "WRITE_CLOSED"},
    };
    struct rdy_text text = {.bytes = bytes, .size = size};
    rdy_text_add(&text, "Event { token: %ju, flags: ", (uintmax_t)event.token);
    rdy_text_add_bits(&text, names, sizeof names / sizeof names[0], event.flags);
    rdy_text_add(&text, " }");
    return (int)text.length;
}
