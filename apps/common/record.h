#ifndef RDY_APPS_COMMON_RECORD_H
#define RDY_APPS_COMMON_RECORD_H

#include <stdint.h>

#include "apps/common/json.h"

/* As what a record is written. */
enum record_format {
    RECORD_JSON,      /* an object, without a newline */
    RECORD_CSV,       /* a line (RFC 4180, but it ends with LF alone); null is an empty field */
    RECORD_CSV_NAMES, /* likewise the names, for the first line */
};

/*
 * Writes flat records, so that a program names the fields of its lines in one place, whatever their format: one
 * that has put the fields of a record has written it as an object, as a line of CSV, or as the line above those.
 */
struct record {
    enum record_format format;
    struct json json; /* its file is that of the record in CSV, too */
};

void record_begin(struct record *record);
void record_text(struct record *record, const char *name, const char *text); /* NULL is null */
void record_count(struct record *record, const char *name, uint64_t count);
/* Nanoseconds as milliseconds with six decimals, so that nothing is lost; negative ones are null. */
void record_milliseconds(struct record *record, const char *name, int64_t ns);
void record_end(struct record *record);

#endif
