#include "apps/torrent/metainfo_files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool text_is(struct bencode_text text, const char *other)
{
    return text.size == strlen(other) && memcmp(text.bytes, other, text.size) == 0;
}

bool metainfo_is_component(struct bencode_text text)
{
    return text.size > 0 && !text_is(text, ".") && !text_is(text, "..") &&
           memchr(text.bytes, '/', text.size) == NULL && memchr(text.bytes, '\0', text.size) == NULL;
}

int metainfo_read_length(struct metainfo_reader *reader, struct bencode value, uint64_t *length)
{
    int64_t number;
    if (!bencode_integer(value, &number) || number < 0)
        return metainfo_refuse(reader, value, "a length of 0 bytes or more");
    *length = (uint64_t)number;
    return 0;
}

static int append_component(struct metainfo_reader *reader, struct bencode item, char **end)
{
    struct bencode_text text;
    if (!bencode_string(item, &text) || !metainfo_is_component(text))
        return metainfo_refuse(reader, item, "a part of a path without '/' and NUL that is not '.' or '..'");
    memcpy(*end, text.bytes, text.size);
    *end += text.size;
    *(*end)++ = '/';
    return 0;
}

/* A component takes less room in the path than in bencode: "1:a" becomes "a/". */
static int read_path(struct metainfo_reader *reader, struct bencode list, char **path)
{
    struct bencode_walk walk = bencode_walk(list);
    struct bencode item;
    int error = 0;
    if (!bencode_is_list(list) || walk.next == walk.end)
        return metainfo_refuse(reader, list, "a list of the parts of a path");
    *path = malloc(list.size);
    if (*path == NULL)
        return -ENOMEM;
    char *end = *path;
    while (error == 0 && bencode_next(&walk, &item))
        error = append_component(reader, item, &end);
    if (error == 0)
        end[-1] = '\0';
    return error;
}

static bool is_padding(struct bencode entry)
{
    struct bencode value;
    struct bencode_text attributes;
    return bencode_find(entry, "attr", &value) && bencode_string(value, &attributes) &&
           memchr(attributes.bytes, 'p', attributes.size) != NULL;
}

static int read_file(struct metainfo_reader *reader, struct bencode entry, struct metainfo *metainfo)
{
    struct metainfo_file *file = &metainfo->files[metainfo->file_count++];
    struct bencode length;
    struct bencode path;
    if (!bencode_find(entry, "length", &length) || !bencode_find(entry, "path", &path))
        return metainfo_refuse(reader, entry, "a dictionary with the keys 'length' and 'path'");
    file->offset = metainfo->size;
    file->is_padding = is_padding(entry);
    int error = metainfo_read_length(reader, length, &file->size);
    if (error == 0 && file->size > INT64_MAX - metainfo->size)
        error = metainfo_refuse(reader, length, "lengths whose sum fits in 64 bits");
    if (error < 0)
        return error;
    metainfo->size += file->size;
    return read_path(reader, path, &file->path);
}

static int compare_paths(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* What two files of the same name would leave behind depends on which was written last. */
static int refuse_equal_paths(struct metainfo_reader *reader, struct bencode list,
                              const struct metainfo *metainfo)
{
    const char **paths = calloc(metainfo->file_count, sizeof *paths);
    size_t count = 0;
    int error = 0;
    if (paths == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < metainfo->file_count; i++)
        if (!metainfo->files[i].is_padding)
            paths[count++] = metainfo->files[i].path;
    qsort(paths, count, sizeof *paths, compare_paths);
    for (size_t i = 1; i < count && error == 0; i++)
        if (strcmp(paths[i - 1], paths[i]) == 0)
            error = metainfo_refuse(reader, list, "no two files of the same path");
    free(paths);
    return error;
}

int metainfo_read_files(struct metainfo_reader *reader, struct bencode files, struct metainfo *metainfo)
{
    struct bencode_walk walk = bencode_walk(files);
    struct bencode entry;
    int error = 0;
    if (!bencode_is_list(files) || walk.next == walk.end)
        return metainfo_refuse(reader, files, "a list of at least one file");
    metainfo->files = calloc(bencode_count(files), sizeof *metainfo->files);
    if (metainfo->files == NULL)
        return -ENOMEM;
    while (error == 0 && bencode_next(&walk, &entry))
        error = read_file(reader, entry, metainfo);
    return error == 0 ? refuse_equal_paths(reader, files, metainfo) : error;
}
