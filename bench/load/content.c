#include "bench/load/content.h"

#include <string.h>

enum { WORD = sizeof(uint64_t) };

#define STEP UINT64_C(0x9E3779B97F4A7C15) /* odd, its bits well spread: 2^64 over the golden ratio */

/* One to one, and every bit of the result hangs on every bit of the number (the finalizer of splitmix64). */
static uint64_t mix(uint64_t number)
{
    number = (number ^ (number >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    number = (number ^ (number >> 27)) * UINT64_C(0x94D049BB133111EB);
    return number ^ (number >> 31);
}

uint64_t content_key(uint64_t connection, uint64_t message)
{
    return mix(mix(connection) + message);
}

static uint8_t byte_at(uint64_t key, size_t offset)
{
    const uint64_t word = key + offset / WORD * STEP;
    uint8_t bytes[WORD];
    memcpy(bytes, &word, WORD);
    return bytes[offset % WORD];
}

/* So many bytes come before the first whole word. */
static size_t head_of(size_t count, size_t offset)
{
    const size_t head = (WORD - offset % WORD) % WORD;
    return head < count ? head : count;
}

void content_fill(uint8_t *bytes, size_t count, uint64_t key, size_t offset)
{
    const size_t head = head_of(count, offset);
    const size_t words = (count - head) / WORD;
    uint64_t word = key + (offset + head) / WORD * STEP;
    for (size_t i = 0; i < head; i++)
        bytes[i] = byte_at(key, offset + i);
    for (size_t i = 0; i < words; i++, word += STEP)
        memcpy(bytes + head + i * WORD, &word, WORD);
    for (size_t i = head + words * WORD; i < count; i++)
        bytes[i] = byte_at(key, offset + i);
}

bool content_matches(const uint8_t *bytes, size_t count, uint64_t key, size_t offset)
{
    const size_t head = head_of(count, offset);
    const size_t words = (count - head) / WORD;
    uint64_t word = key + (offset + head) / WORD * STEP;
    uint64_t difference = 0;
    for (size_t i = 0; i < head; i++)
        difference |= bytes[i] ^ byte_at(key, offset + i);
    for (size_t i = 0; i < words; i++, word += STEP) {
        uint64_t found;
        memcpy(&found, bytes + head + i * WORD, WORD);
        difference |= found ^ word;
    }
    for (size_t i = head + words * WORD; i < count; i++)
        difference |= bytes[i] ^ byte_at(key, offset + i);
    return difference == 0;
}
