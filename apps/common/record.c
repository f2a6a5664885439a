#include "apps/common/record.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "reactor/clock.h"

/* Quoted if it must be (RFC 4180, 2.6 and 2.7). */
static void put_field(FILE *file, const char *text)
{
    if (strpbrk(text, "\",\r\n") == NULL) {
        fputs(text, file);
        return;
    }
    fputc('"', file);
    for (; *text != '\0'; text++) {
        if (*text == '"')
            fputc('"', file);
        fputc(*text, file);
    }
    fputc('"', file);
}

/* The file, behind the comma, for the value of the next field of a line; NULL if its name was to be put. */
static FILE *begin_field(struct record *record, const char *name)
{
    FILE *file = record->json.file;
    if (record->json.follows)
        fputc(',', file);
    record->json.follows = true;
    if (record->format == RECORD_CSV)
        return file;
    put_field(file, name);
    return NULL;
}

void record_begin(struct record *record)
{
    if (record->format == RECORD_JSON)
        json_open(&record->json, NULL, '{');
    else
        record->json.follows = false;
}

void record_text(struct record *record, const char *name, const char *text)
{
    if (record->format == RECORD_JSON) {
        json_text(&record->json, name, text);
        return;
    }
    FILE *file = begin_field(record, name);
    if (file != NULL && text != NULL)
        put_field(file, text);
}

void record_count(struct record *record, const char *name, uint64_t count)
{
    if (record->format == RECORD_JSON) {
        json_count(&record->json, name, count);
        return;
    }
    FILE *file = begin_field(record, name);
    if (file != NULL)
        fprintf(file, "%" PRIu64, count);
}

void record_milliseconds(struct record *record, const char *name, int64_t ns)
{
    if (record->format == RECORD_JSON && ns < 0)
        json_text(&record->json, name, NULL);
    else if (record->format == RECORD_JSON)
        json_exact_milliseconds(&record->json, name, ns);
    if (record->format == RECORD_JSON)
        return;
    FILE *file = begin_field(record, name);
    if (file != NULL && ns >= 0)
        fprintf(file, "%" PRId64 ".%06" PRId64, ns / RDY_MILLISECOND, ns % RDY_MILLISECOND);
}

void record_end(struct record *record)
{
    if (record->format == RECORD_JSON)
        json_close(&record->json, '}');
    else
        fputc('\n', record->json.file);
}
