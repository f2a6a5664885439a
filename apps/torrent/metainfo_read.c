#include "apps/torrent/metainfo.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "apps/common/option.h"
#include "reactor/error.h"

enum { CAPACITY_AT_FIRST = 64 << 10 };

struct contents {
    uint8_t *bytes;
    size_t size;
    size_t capacity;
};

static int grow(struct contents *contents)
{
    size_t capacity = contents->capacity == 0 ? CAPACITY_AT_FIRST : 2 * contents->capacity;
    if (capacity > METAINFO_FILE_MAX)
        capacity = METAINFO_FILE_MAX + 1; /* by which a larger file is known */
    uint8_t *bytes = realloc(contents->bytes, capacity);
    if (bytes == NULL)
        return -ENOMEM;
    contents->bytes = bytes;
    contents->capacity = capacity;
    return 0;
}

/* Not by the size that the system tells, which a pipe has not. */
static int read_all(FILE *file, struct contents *contents)
{
    while (!feof(file)) {
        if (contents->size == contents->capacity && grow(contents) < 0)
            return -ENOMEM;
        errno = EIO;
        contents->size +=
            fread(contents->bytes + contents->size, 1, contents->capacity - contents->size, file);
        if (ferror(file))
            return -errno;
        if (contents->size > METAINFO_FILE_MAX)
            return -EFBIG;
    }
    return 0;
}

static int read_path(const char *path, struct contents *contents)
{
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return -errno;
    const int error = read_all(file, contents);
    (void)fclose(file);
    return error;
}

static void report(const char *path, int error, const struct format_error *place)
{
    if (error == -EINVAL)
        complain("%s: byte %zu: expected %s", path, place->offset, place->expected);
    else if (error == -EFBIG)
        complain("%s: more than 64 MiB, which no torrent has", path);
    else if (error == -ENOTSUP)
        complain("%s: no SHA-1: built without libcrypto and nettle, or the library refuses it", path);
    else
        complain("%s: %s", path, rdy_error_sentence(error));
}

int metainfo_read(const char *path, struct metainfo *metainfo)
{
    struct contents contents = {0};
    struct format_error place = {0, "a file that can be opened"}; /* where open(2) itself says EINVAL */
    int error = read_path(path, &contents);
    if (error == 0)
        error = metainfo_parse(contents.bytes, contents.size, metainfo, &place);
    if (error < 0)
        report(path, error, &place);
    free(contents.bytes);
    return error;
}
