#include "apps/common/json.h"

#include <inttypes.h>
#include <stddef.h>

#include "apps/common/milliseconds.h"

/* The length of the UTF-8 sequence (RFC 3629) that begins here, 0 if it is none. */
static size_t utf8_length(const unsigned char *bytes)
{
    const unsigned char lead = bytes[0];
    if (lead < 0x80)
        return 1;
    const size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    /* What the first continuation byte must be keeps out overlong forms, surrogates and all above U+10FFFF.
     */
    const unsigned char least = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    const unsigned char most = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    if (lead < 0xC2 || lead > 0xF4 || bytes[1] < least || bytes[1] > most)
        return 0;
    for (size_t i = 2; i < length; i++)
        if ((bytes[i] & 0xC0) != 0x80)
            return 0;
    return length;
}

static void put_text(FILE *file, const char *text)
{
    const unsigned char *at = (const unsigned char *)text;
    fputc('"', file);
    while (*at != '\0') {
        const size_t length = utf8_length(at);
        if (length == 0)
            fputs("\\ufffd", file);
        else if (*at < 0x20 || *at == 0x7F)
            fprintf(file, "\\u%04x", *at);
        else if (*at == '"' || *at == '\\')
            fprintf(file, "\\%c", *at);
        else
            fwrite(at, 1, length, file);
        at += length == 0 ? 1 : length;
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

void json_string(struct json *json, const char *name, const char *text)
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
