#include "apps/common/json.h"

#include <inttypes.h>
#include <stddef.h>

#include "apps/common/milliseconds.h"
#include "apps/common/utf8.h"

static void put_text(FILE *file, const char *text)
{
    fputc('"', file);
    while (*text != '\0') {
        const size_t length = utf8_length(text);
        const unsigned char lead = (unsigned char)*text;
        if (length == 0)
            fputs("\\ufffd", file);
        else if (lead < 0x20 || lead == 0x7F)
            fprintf(file, "\\u%04x", lead);
        else if (lead == '"' || lead == '\\')
            fprintf(file, "\\%c", lead);
        else
            fwrite(text, 1, length, file);
        text += length == 0 ? 1 : length;
    }
    fputc('"', file);
}

static void begin_member(struct json *json, const char *name)
{
    if (json->follows)
        fputc(',', json->file);
    json->follows = true;
    if (name == NULL)
        return;
    put_text(json->file, name);
    fputc(':', json->file);
}

void json_open(struct json *json, const char *name, char bracket)
{
    begin_member(json, name);
    fputc(bracket, json->file);
    json->follows = false;
}

void json_close(struct json *json, char bracket)
{
    fputc(bracket, json->file);
    json->follows = true;
}

void json_text(struct json *json, const char *name, const char *text)
{
    begin_member(json, name);
    if (text == NULL)
        fputs("null", json->file);
    else
        put_text(json->file, text);
}

void json_count(struct json *json, const char *name, uint64_t count)
{
    begin_member(json, name);
    fprintf(json->file, "%" PRIu64, count);
}

void json_truth(struct json *json, const char *name, bool truth)
{
    begin_member(json, name);
    fputs(truth ? "true" : "false", json->file);
}

void json_milliseconds(struct json *json, const char *name, int64_t ns)
{
    begin_member(json, name);
    fprintf(json->file, "%.3f", milliseconds(ns));
}

void json_exact_milliseconds(struct json *json, const char *name, int64_t ns)
{
    begin_member(json, name);
    fprintf(json->file, "%" PRId64 ".%06" PRId64, ns / RDY_MILLISECOND, ns % RDY_MILLISECOND);
}
