#include "tests/peers/content.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/peers/fail.h"

void content_open(struct content *content, const char *path, size_t piece_length)
{
    struct stat status;
    const int file = open(path, O_RDONLY);
    if (file < 0 || fstat(file, &status) < 0)
        fail(path);
    errno = EINVAL;
    if (status.st_size == 0)
        fail(path);
    const size_t size = (size_t)status.st_size;
    void *bytes = mmap(NULL, size, PROT_READ, MAP_PRIVATE, file, 0);
    if (bytes == MAP_FAILED)
        fail(path);
    close(file);
    *content = (struct content){.bytes = bytes, .size = size, .piece_length = piece_length};
    content->piece_count = (size - 1) / piece_length + 1;
}

const unsigned char *content_block(const struct content *content, uint32_t piece, uint32_t begin,
                                   uint32_t length)
{
    if (piece >= content->piece_count)
        return NULL;
    const size_t offset = piece * content->piece_length;
    const size_t rest = content->size - offset;
    const size_t size = rest < content->piece_length ? rest : content->piece_length;
    return length > size || begin > size - length ? NULL : content->bytes + offset + begin;
}
