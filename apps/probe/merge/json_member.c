#include "apps/probe/merge/json_member.h"

#include <math.h>
#include <stdio.h>

#include "apps/common/option.h"
#include "reactor/clock.h"

bool json_member_is_wrong(const struct json_object *object, const char *name, const char *expected)
{
    complain("%s: %s%s: expected %s", object->file, object->path, name, expected);
    return false;
}

/* Those of ASCII and, in UTF-8, those of ISO 6429 that have a byte of their own there. */
static bool has_controls(const char *text)
{
    for (; *text != '\0'; text++) {
        const unsigned char byte = (unsigned char)*text;
        const unsigned char next = (unsigned char)text[1];
        if (byte < 0x20 || byte == 0x7F || (byte == 0xC2 && next < 0xA0))
            return true;
    }
    return false;
}

bool json_member_text(const struct json_object *object, const char *name, const char **text)
{
    const char *found = json_string_value(json_object_get(object->value, name));
    if (found == NULL || has_controls(found))
        return json_member_is_wrong(object, name, "a string without control characters");
    *text = found;
    return true;
}

bool json_member_text_or_null(const struct json_object *object, const char *name, const char **text)
{
    const json_t *value = json_object_get(object->value, name);
    if (!json_is_string(value) && !json_is_null(value))
        return json_member_is_wrong(object, name, "a string or null");
    *text = json_string_value(value);
    return true;
}

bool json_member_count(const struct json_object *object, const char *name, uint64_t most, uint64_t *count)
{
    char expected[64];
    const json_t *value = json_object_get(object->value, name);
    const json_int_t number = json_integer_value(value);
    if (!json_is_integer(value) || number < 0 || (uint64_t)number > most) {
        (void)snprintf(expected, sizeof expected, "a whole number from 0 to %llu", (unsigned long long)most);
        return json_member_is_wrong(object, name, expected);
    }
    *count = (uint64_t)number;
    return true;
}

bool json_member_ns(const struct json_object *object, const char *name, int64_t *ns)
{
    uint64_t count;
    if (!json_member_count(object, name, INT64_MAX, &count))
        return false;
    *ns = (int64_t)count;
    return true;
}

bool json_member_ms(const struct json_object *object, const char *name, int64_t *ns)
{
    static const double most_ms = (double)(INT64_MAX / RDY_MILLISECOND - 1);
    const json_t *value = json_object_get(object->value, name);
    const double number = json_number_value(value);
    if (!json_is_number(value) || number < 0 || number > most_ms)
        return json_member_is_wrong(object, name, "milliseconds, not negative");
    *ns = llround(number * (double)RDY_MILLISECOND);
    return true;
}

bool json_member_ms_or_null(const struct json_object *object, const char *name, int64_t if_null, int64_t *ns)
{
    if (!json_is_null(json_object_get(object->value, name)))
        return json_member_ms(object, name, ns);
    *ns = if_null;
    return true;
}

bool json_member_truth(const struct json_object *object, const char *name, bool *truth)
{
    const json_t *value = json_object_get(object->value, name);
    if (!json_is_boolean(value))
        return json_member_is_wrong(object, name, "true or false");
    *truth = json_is_true(value);
    return true;
}

bool json_member_array(const struct json_object *object, const char *name, const json_t **array)
{
    const json_t *value = json_object_get(object->value, name);
    if (!json_is_array(value))
        return json_member_is_wrong(object, name, "an array");
    *array = value;
    return true;
}

bool json_element_object(const struct json_object *object, const char *name, const json_t *array,
                         size_t index, struct json_object *element)
{
    struct json_object found = {.file = object->file, .value = json_array_get(array, index)};
    (void)snprintf(found.path, sizeof found.path, "%s[%zu].", name, index);
    if (!json_is_object(found.value)) {
        complain("%s: %s[%zu]: expected an object", object->file, name, index);
        return false;
    }
    *element = found;
    return true;
}
