#ifndef RDY_APPS_PROBE_MERGE_JSON_MEMBER_H
#define RDY_APPS_PROBE_MERGE_JSON_MEMBER_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * An object of a file of JSON whose members are read strictly. Each function returns whether the member is there
 * and what it has to be; if not, that has been reported on stderr: "a.json: outcomes[3].count: expected ...".
 */
struct json_object {
    const char *file; /* its name, for messages */
    char path[48];    /* in front of a member's name: "outcomes[3]." */
    const json_t *value;
};

/* Says what was expected of a member; false. */
bool json_member_is_wrong(const struct json_object *object, const char *name, const char *expected);

/* A string that a terminal may show, for it has no control characters; borrowed. */
bool json_member_text(const struct json_object *object, const char *name, const char **text);

/* A string, borrowed; or null, which gives NULL. */
bool json_member_text_or_null(const struct json_object *object, const char *name, const char **text);

/* A whole number from 0 to `most`. */
bool json_member_count(const struct json_object *object, const char *name, uint64_t most, uint64_t *count);

/* A whole number of nanoseconds, not negative. */
bool json_member_ns(const struct json_object *object, const char *name, int64_t *ns);

/* A number of milliseconds, not negative, in nanoseconds; or null, which gives `if_null`. */
bool json_member_ms(const struct json_object *object, const char *name, int64_t *ns);
bool json_member_ms_or_null(const struct json_object *object, const char *name, int64_t if_null, int64_t *ns);

bool json_member_truth(const struct json_object *object, const char *name, bool *truth);

/* An array, borrowed. */
bool json_member_array(const struct json_object *object, const char *name, const json_t **array);

/* The object at a place in an array of that name. */
bool json_element_object(const struct json_object *object, const char *name, const json_t *array,
                         size_t index, struct json_object *element);

#endif
