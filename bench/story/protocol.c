#include "bench/story/protocol.h"

#include <inttypes.h>
#include <stdio.h>

enum stage { READS_X, READS_Z, OVER };

static const char greeting[] = "HELLO ";
enum { GREETING = sizeof greeting - 1 };

static unsigned end(story_exchange *exchange, unsigned how)
{
    exchange->stage = OVER;
    return how;
}

static unsigned end_line(story_exchange *exchange)
{
    if (exchange->stage == READS_Z)
        return end(exchange, exchange->number == exchange->asked + 2 ? STORY_DONE : STORY_REFUSED);
    *exchange = (story_exchange){.asked = exchange->number, .stage = READS_Z};
    return STORY_ANSWER;
}

static unsigned take_digit(story_exchange *exchange, char byte)
{
    const uint32_t digit = (uint32_t)byte - '0'; /* anything else is above 9 */
    const uint32_t most = exchange->stage == READS_X ? STORY_MOST : STORY_MOST + 2;
    const int after_zero = exchange->place > GREETING && exchange->number == 0;
    if (digit > 9 || after_zero || exchange->number > (most - digit) / 10)
        return end(exchange, STORY_REFUSED);
    exchange->number = exchange->number * 10 + digit;
    exchange->place++;
    return 0;
}

static unsigned take(story_exchange *exchange, char byte)
{
    if (exchange->stage == OVER)
        return STORY_REFUSED;
    if (exchange->place > GREETING && byte == '\n')
        return end_line(exchange);
    if (exchange->place >= GREETING)
        return take_digit(exchange, byte);
    return byte == greeting[exchange->place++] ? 0 : end(exchange, STORY_REFUSED);
}

unsigned story_hear(story_exchange *exchange, const char *bytes, size_t size)
{
    unsigned heard = 0;
    for (size_t i = 0; i < size; i++)
        heard |= take(exchange, bytes[i]);
    return heard;
}

size_t story_line(uint32_t number, char line[STORY_LINE_MAX])
{
    return (size_t)snprintf(line, STORY_LINE_MAX, "%s%" PRIu32 "\n", greeting, number);
}

size_t story_answer(const story_exchange *exchange, char line[STORY_LINE_MAX])
{
    return story_line(exchange->asked + 1, line);
}
