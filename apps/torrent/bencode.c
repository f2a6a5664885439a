#include "apps/torrent/bencode.h"

#include <errno.h>
#include <string.h>

/* A list or dictionary that is open. */
struct frame {
    struct bencode_text previous; /* the key before; NULL bytes for none */
    bool is_dict;
    bool has_key; /* whose value comes next */
};

struct parser {
    const uint8_t *start;
    const uint8_t *next;
    const uint8_t *end;
    struct format_error error;
};

static struct parser parser_of(const uint8_t *bytes, const uint8_t *end)
{
    return (struct parser){.start = bytes, .next = bytes, .end = end};
}

static int expected(struct parser *parser, const char *what)
{
    parser->error = (struct format_error){(size_t)(parser->next - parser->start), what};
    return -EINVAL;
}

static bool stands_at(const struct parser *parser, uint8_t byte)
{
    return parser->next < parser->end && *parser->next == byte;
}

static bool take(struct parser *parser, uint8_t byte)
{
    const bool is_there = stands_at(parser, byte);
    parser->next += is_there;
    return is_there;
}

static bool stands_at_digit(const struct parser *parser)
{
    return parser->next < parser->end && *parser->next >= '0' && *parser->next <= '9';
}

/* Digits in their one canonical form, of a number that is at most `most`. */
static int read_digits(struct parser *parser, uint64_t most, uint64_t *number)
{
    if (!stands_at_digit(parser))
        return expected(parser, "a digit");
    const bool begins_with_0 = *parser->next == '0';
    uint64_t value = 0;
    do {
        const uint64_t digit = (uint64_t)(*parser->next - '0');
        if (value > (most - digit) / 10)
            return expected(parser, "a number that fits in 64 bits");
        value = value * 10 + digit;
        parser->next++;
        if (begins_with_0 && stands_at_digit(parser))
            return expected(parser, "a number without leading zeros");
    } while (stands_at_digit(parser));
    *number = value;
    return 0;
}

static int read_integer(struct parser *parser, int64_t *number)
{
    parser->next++;
    const bool is_negative = take(parser, '-');
    uint64_t magnitude;
    if (is_negative && stands_at(parser, '0'))
        return expected(parser, "a digit from 1 to 9 after '-'");
    if (read_digits(parser, (uint64_t)INT64_MAX + is_negative, &magnitude) < 0)
        return -EINVAL;
    if (!take(parser, 'e'))
        return expected(parser, "a digit or 'e' in an integer");
    /* -INT64_MIN is no int64_t. */
    *number = is_negative ? -(int64_t)(magnitude - 1) - 1 : (int64_t)magnitude;
    return 0;
}

static int read_string(struct parser *parser, struct bencode_text *text)
{
    uint64_t size;
    if (read_digits(parser, INT64_MAX, &size) < 0)
        return -EINVAL;
    if (!take(parser, ':'))
        return expected(parser, "a digit or ':' in the length of a string");
    if (size > (uint64_t)(parser->end - parser->next))
        return expected(parser, "as many bytes as the length of the string says");
    *text = (struct bencode_text){parser->next, (size_t)size};
    parser->next += text->size;
    return 0;
}

static bool is_greater(struct bencode_text key, struct bencode_text than)
{
    const int difference = memcmp(key.bytes, than.bytes, key.size < than.size ? key.size : than.size);
    return difference != 0 ? difference > 0 : key.size > than.size;
}

static int read_key(struct parser *parser, struct frame *frame, enum bencode_keys keys)
{
    const uint8_t *start = parser->next;
    struct bencode_text key;
    if (!stands_at_digit(parser))
        return expected(parser, "a string as the key of a dictionary, or its end");
    if (read_string(parser, &key) < 0)
        return -EINVAL;
    if (keys == BENCODE_SORTED && frame->previous.bytes != NULL && !is_greater(key, frame->previous)) {
        parser->next = start;
        return expected(parser, "a key greater than the one before it");
    }
    frame->previous = key;
    frame->has_key = true;
    return 0;
}

static int open_frame(struct parser *parser, struct frame *frames, size_t *depth)
{
    if (*depth == BENCODE_DEPTH_MAX)
        return expected(parser, "at most 128 levels of lists and dictionaries");
    frames[(*depth)++] = (struct frame){.is_dict = *parser->next == 'd'};
    parser->next++;
    return 0;
}

static int read_value(struct parser *parser, struct frame *frames, size_t *depth)
{
    int64_t number;
    struct bencode_text text;
    if (stands_at_digit(parser))
        return read_string(parser, &text);
    if (stands_at(parser, 'i'))
        return read_integer(parser, &number);
    if (stands_at(parser, 'l') || stands_at(parser, 'd'))
        return open_frame(parser, frames, depth);
    return expected(parser, "an integer, a string, a list or a dictionary");
}

/* Reads a key, an integer, a string, or the beginning or the end of a list or dictionary. */
static int step(struct parser *parser, struct frame *frames, size_t *depth, enum bencode_keys keys)
{
    struct frame *inner = *depth == 0 ? NULL : &frames[*depth - 1];
    if (inner != NULL && !inner->has_key && take(parser, 'e')) {
        --*depth;
        return 0;
    }
    if (inner != NULL && inner->is_dict && !inner->has_key)
        return read_key(parser, inner, keys);
    if (inner != NULL)
        inner->has_key = false;
    return read_value(parser, frames, depth);
}

int bencode_check(const void *bytes, size_t size, enum bencode_keys keys, struct bencode *value,
                  struct format_error *error)
{
    struct parser parser = parser_of(bytes, (const uint8_t *)bytes + size);
    struct frame frames[BENCODE_DEPTH_MAX];
    size_t depth = 0;
    int status;
    do
        status = step(&parser, frames, &depth, keys);
    while (status == 0 && depth > 0);
    if (status == 0 && parser.next < parser.end)
        status = expected(&parser, "nothing behind the value");
    if (status < 0)
        *error = parser.error;
    else
        *value = (struct bencode){bytes, size};
    return status;
}

bool bencode_is_list(struct bencode value)
{
    return value.bytes[0] == 'l';
}

bool bencode_is_dict(struct bencode value)
{
    return value.bytes[0] == 'd';
}

bool bencode_integer(struct bencode value, int64_t *number)
{
    struct parser parser = parser_of(value.bytes, value.bytes + value.size);
    return stands_at(&parser, 'i') && read_integer(&parser, number) == 0;
}

bool bencode_string(struct bencode value, struct bencode_text *text)
{
    struct parser parser = parser_of(value.bytes, value.bytes + value.size);
    return stands_at_digit(&parser) && read_string(&parser, text) == 0;
}

bool bencode_find(struct bencode dict, const char *key, struct bencode *value)
{
    struct bencode_walk walk = bencode_walk(dict);
    struct bencode name;
    struct bencode found;
    struct bencode_text text;
    if (!bencode_is_dict(dict))
        return false;
    while (bencode_next(&walk, &name) && bencode_next(&walk, &found)) {
        if (bencode_string(name, &text) && text.size == strlen(key) &&
            memcmp(text.bytes, key, text.size) == 0) {
            *value = found;
            return true;
        }
    }
    return false;
}

struct bencode_walk bencode_walk(struct bencode value)
{
    const uint8_t *end = value.bytes + value.size;
    if (!bencode_is_list(value) && !bencode_is_dict(value))
        return (struct bencode_walk){end, end};
    return (struct bencode_walk){value.bytes + 1, end - 1};
}

/* Moves behind the value that begins here; it is checked, so that nothing can be wrong. */
static void skip(struct parser *parser)
{
    size_t depth = 0;
    int64_t number;
    struct bencode_text text;
    do {
        if (stands_at_digit(parser))
            (void)read_string(parser, &text);
        else if (stands_at(parser, 'i'))
            (void)read_integer(parser, &number);
        else
            depth = *parser->next++ == 'e' ? depth - 1 : depth + 1;
    } while (depth > 0);
}

bool bencode_next(struct bencode_walk *walk, struct bencode *item)
{
    if (walk->next == walk->end)
        return false;
    struct parser parser = parser_of(walk->next, walk->end);
    skip(&parser);
    *item = (struct bencode){walk->next, (size_t)(parser.next - walk->next)};
    walk->next = parser.next;
    return true;
}

size_t bencode_count(struct bencode value)
{
    struct bencode_walk walk = bencode_walk(value);
    struct bencode item;
    size_t count = 0;
    while (bencode_next(&walk, &item))
        count++;
    return count;
}
