#ifndef RDY_APPS_COMMON_JSON_H
#define RDY_APPS_COMMON_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/*
 * Writes JSON (RFC 8259) to a file as it comes. A name is NULL for the members of an array and for the value
 * at the top. That objects and arrays are closed, and closed in order, is the caller's business. No name here is one of jansson's, which a program may use beside it.
 */
struct json {
    FILE *file;
    bool follows; /* a member stands before the next one */
};

void json_open(struct json *json, const char *name, char bracket);     /* '{' or '[' */
void json_close(struct json *json, char bracket);                      /* '}' or ']' */
void json_text(struct json *json, const char *name, const char *text); /* NULL gives null */
void json_count(struct json *json, const char *name, uint64_t count);
void json_truth(struct json *json, const char *name, bool truth);
/* Nanoseconds as milliseconds with three decimals. */
void json_milliseconds(struct json *json, const char *name, int64_t ns);
/* Likewise with six, and so exact; not negative. */
void json_exact_milliseconds(struct json *json, const char *name, int64_t ns);

#endif
