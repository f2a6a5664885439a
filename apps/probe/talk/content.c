#include "apps/probe/talk/content.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apps/common/option.h"
#include "reactor/error.h"

struct content {
    const struct metainfo *torrent;
    const char *path;
    char *part;        /* PATH.part */
    uint8_t *is_there; /* a byte for each piece */
    uint32_t there;    /* of them */
    uint64_t reserved; /* bytes for pieces that are coming */
    int error;
    int fd; /* of the file that was written last, or -1 */
    const struct metainfo_file *file;
};

static int keep_error(struct content *content, const char *what, const char *path, int error)
{
    if (content->error == 0) {
        complain("cannot %s %s: %s", what, path, rdy_error_sentence(error));
        content->error = error;
    }
    return error;
}

/* The path of one of its files, NULL for the only one. To be freed; NULL without memory. */
static char *path_of(const struct content *content, const struct metainfo_file *file)
{
    const char *below = file == NULL ? "" : file->path;
    const size_t size = strlen(content->part) + strlen(below) + 2;
    char *path = malloc(size);
    if (path != NULL)
        (void)snprintf(path, size, "%s%s%s", content->part, file == NULL ? "" : "/", below);
    return path;
}

/* ---- making it ---- */

static int make_file(const char *path, uint64_t size)
{
    const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (fd < 0)
        return -errno;
    int error;
    do
        error = ftruncate(fd, (off_t)size) < 0 ? -errno : 0;
    while (error == -EINTR);
    (void)close(fd);
    if (error < 0)
        (void)unlink(path);
    return error;
}

/* The folders between the one of the content and the file. */
static int make_folders(char *path, size_t root_length)
{
    for (char *slash = strchr(path + root_length + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        const int error = mkdir(path, 0777) < 0 && errno != EEXIST ? -errno : 0;
        *slash = '/';
        if (error < 0)
            return error;
    }
    return 0;
}

static int make_one(struct content *content, const struct metainfo_file *file)
{
    char *path = path_of(content, file);
    if (path == NULL)
        return keep_error(content, "make", content->part, -ENOMEM);
    int error = file == NULL ? 0 : make_folders(path, strlen(content->part));
    if (error == 0)
        error = make_file(path, file == NULL ? content->torrent->size : file->size);
    if (error < 0)
        (void)keep_error(content, "make", path, error);
    free(path);
    return error;
}

/* ---- removing it ---- */

static void remove_one(const struct content *content, const struct metainfo_file *file)
{
    char *path = path_of(content, file);
    if (path == NULL)
        return;
    (void)unlink(path);
    for (char *slash = strrchr(path, '/');
         file != NULL && slash != NULL && slash > path + strlen(content->part); slash = strrchr(path, '/')) {
        *slash = '\0';
        (void)rmdir(path); /* the last file that was in it takes it along */
    }
    free(path);
}

/* What make_all has made, whether all of it or not. */
static void remove_all(const struct content *content)
{
    const struct metainfo *torrent = content->torrent;
    if (torrent->file_count == 0)
        remove_one(content, NULL);
    for (size_t i = 0; i < torrent->file_count; i++)
        if (!torrent->files[i].is_padding)
            remove_one(content, &torrent->files[i]);
    (void)rmdir(content->part);
}

static void free_content(struct content *content)
{
    if (content == NULL)
        return;
    if (content->fd >= 0)
        (void)close(content->fd);
    free(content->is_there);
    free(content->part);
    free(content);
}

/* ---- pieces ---- */

uint8_t *content_reserve(struct content *content, uint32_t piece)
{
    const uint32_t size = metainfo_piece_size(content->torrent, piece);
    if (content->is_there[piece] || content->error < 0)
        return NULL;
    if (content->reserved > 0 && content->reserved + size > CONTENT_MEMORY_MAX)
        return NULL;
    uint8_t *bytes = malloc(size);
    content->reserved += bytes == NULL ? 0 : size;
    return bytes;
}

void content_release(struct content *content, uint32_t piece, uint8_t *bytes)
{
    if (bytes != NULL)
        content->reserved -= metainfo_piece_size(content->torrent, piece);
    free(bytes);
}

/* NFS tells of a full disk here (close(2)); a signal that comes meanwhile says nothing of that. */
static int close_file(struct content *content)
{
    const int error = content->fd >= 0 && close(content->fd) < 0 && errno != EINTR ? -errno : 0;
    content->fd = -1;
    return error;
}

static int open_file(struct content *content, const struct metainfo_file *file)
{
    if (content->fd >= 0 && content->file == file)
        return 0;
    int error = close_file(content);
    if (error < 0)
        return error;
    char *path = path_of(content, file);
    if (path == NULL)
        return -ENOMEM;
    content->fd = open(path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
    error = content->fd < 0 ? -errno : 0;
    content->file = file;
    free(path);
    return error;
}

static int write_at(int fd, const uint8_t *bytes, uint64_t size, uint64_t offset)
{
    while (size > 0) {
        const ssize_t count = pwrite(fd, bytes, (size_t)size, (off_t)offset);
        if (count < 0 && errno != EINTR)
            return -errno;
        const uint64_t written = count < 0 ? 0 : (uint64_t)count;
        bytes += written;
        size -= written;
        offset += written;
    }
    return 0;
}

static int write_range(struct content *content, const struct metainfo_range *range, const uint8_t *bytes)
{
    if (range->file != NULL && range->file->is_padding)
        return 0;
    const int error = open_file(content, range->file);
    return error < 0 ? error : write_at(content->fd, bytes, range->size, range->offset);
}

void content_write(struct content *content, uint32_t piece, const uint8_t *bytes)
{
    const uint64_t size = metainfo_piece_size(content->torrent, piece);
    const uint64_t begin = (uint64_t)piece * content->torrent->piece_length;
    if (content->is_there[piece] || content->error < 0)
        return;
    struct metainfo_range range;
    for (uint64_t done = 0; done < size; done += range.size) {
        range = metainfo_locate(content->torrent, begin + done, size - done);
        const int error = write_range(content, &range, bytes + done);
        if (error < 0) {
            (void)keep_error(content, "write to", content->part, error);
            return;
        }
    }
    content->is_there[piece] = 1;
    content->there++;
}

/* ---- its life ---- */

static int make_files(struct content *content)
{
    const struct metainfo *torrent = content->torrent;
    int error = 0;
    for (size_t i = 0; error == 0 && i < torrent->file_count; i++)
        if (!torrent->files[i].is_padding)
            error = make_one(content, &torrent->files[i]);
    if (error < 0)
        remove_all(content);
    return error;
}

/* Whatever fails: nothing that was there before is touched, nothing that was not is left. */
static int make_all(struct content *content)
{
    struct stat found;
    if (lstat(content->path, &found) == 0)
        return keep_error(content, "make", content->path, -EEXIST);
    if (content->torrent->file_count == 0)
        return make_one(content, NULL);
    if (mkdir(content->part, 0777) < 0)
        return keep_error(content, "make", content->part, -errno);
    return make_files(content);
}

static int allocate(struct content *content, const char *path)
{
    const size_t size = strlen(path) + sizeof ".part";
    content->part = malloc(size);
    content->is_there = calloc(content->torrent->piece_count, 1);
    if (content->part == NULL || content->is_there == NULL)
        return keep_error(content, "make", path, -ENOMEM);
    (void)snprintf(content->part, size, "%s.part", path);
    return 0;
}

int content_open(const char *path, const struct metainfo *torrent, struct content **out)
{
    struct content *content = malloc(sizeof *content);
    if (content == NULL) {
        complain("cannot make %s: %s", path, rdy_error_sentence(-ENOMEM));
        return -ENOMEM;
    }
    *content = (struct content){.torrent = torrent, .path = path, .fd = -1};
    int error = allocate(content, path);
    if (error == 0)
        error = make_all(content);
    if (error < 0) {
        free_content(content);
        return error;
    }
    *out = content;
    return 0;
}

/* A system without renameat2(2) can only look before; whoever comes between loses what he has made. */
static int give_name(struct content *content)
{
    struct stat found;
    if (lstat(content->path, &found) == 0)
        return keep_error(content, "give its name to", content->part, -EEXIST);
    if (rename(content->part, content->path) < 0)
        return keep_error(content, "give its name to", content->part, -errno);
    return 0;
}

static void finish(struct content *content)
{
    const uint32_t count = content->torrent->piece_count;
    if (content->there == count) {
        if (content->error == 0)
            (void)give_name(content);
        return;
    }
    if (content->there == 0)
        remove_all(content);
    complain("%s is incomplete: %" PRIu32 " of %" PRIu32 " pieces were right%s%s", content->path,
             content->there, count, content->there == 0 ? "" : ", and are in ",
             content->there == 0 ? "" : content->part);
}

int content_close(struct content *content)
{
    if (content == NULL)
        return 0;
    const int error_of_close = close_file(content);
    if (error_of_close < 0)
        (void)keep_error(content, "write to", content->part, error_of_close);
    finish(content);
    const int error = content->error;
    free_content(content);
    return error;
}
