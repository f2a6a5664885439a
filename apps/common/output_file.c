#include "apps/common/output_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apps/common/option.h"
#include "reactor/clock.h"
#include "reactor/error.h"

enum {
    LINKS_MOST = 40, /* one behind another, as on Linux (path_resolution(7)) */
    LINK_MOST = 4096,
};

static bool is_standard(const char *path)
{
    return path == NULL || strcmp(path, "-") == 0;
}

static int open_stream(const char *path, int flags, mode_t mode, FILE **file)
{
    const int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, mode);
    if (fd < 0)
        return -errno;
    *file = fdopen(fd, "w");
    if (*file != NULL)
        return 0;
    const int error = -errno;
    close(fd);
    if ((flags & O_EXCL) != 0)
        (void)unlink(path); /* it was made just now */
    return error;
}

/* The path of what a name leads to from the folder of another path, or NULL; the caller's to free. */
static char *beside(const char *path, const char *name)
{
    const char *slash = strrchr(path, '/');
    const size_t folder = slash == NULL || *name == '/' ? 0 : (size_t)(slash + 1 - path);
    const size_t size = strlen(name) + 1;
    char *joined = malloc(folder + size);
    if (joined == NULL)
        return NULL;
    memcpy(joined, path, folder);
    memcpy(joined + folder, name, size);
    return joined;
}

/* One beside the target that nobody has, however long its name is. */
static char *temporary_beside(const char *target)
{
    char name[64];
    (void)snprintf(name, sizeof name, "rdy-%ld-%" PRIx64 ".part", (long)getpid(), (uint64_t)rdy_clock_now());
    return beside(target, name);
}

/* Puts where a link leads to in its place: 1, 0 for what is none, or a negative errno. */
static int follow_link(char **path)
{
    char text[LINK_MOST];
    const ssize_t length = readlink(*path, text, sizeof text);
    if (length < 0)
        return errno == EINVAL || errno == ENOENT ? 0 : -errno;
    if ((size_t)length == sizeof text)
        return -ENAMETOOLONG;
    text[length] = '\0';
    char *next = beside(*path, text);
    if (next == NULL)
        return -ENOMEM;
    free(*path);
    *path = next;
    return 1;
}

/* The file that a path leads to, which need not be there. */
static int find_target(const char *path, char **target)
{
    int status = 1;
    *target = strdup(path);
    for (int links = 0; *target != NULL && status > 0; links++)
        status = links > LINKS_MOST ? -ELOOP : follow_link(target);
    return *target == NULL ? -ENOMEM : status;
}

static void hold_signals(sigset_t *before)
{
    sigset_t ending;
    (void)sigemptyset(&ending);
    (void)sigaddset(&ending, SIGHUP);
    (void)sigaddset(&ending, SIGINT);
    (void)sigaddset(&ending, SIGQUIT);
    (void)sigaddset(&ending, SIGTERM);
    (void)pthread_sigmask(SIG_BLOCK, &ending, before);
}

static bool has_group_of(const struct stat *old, int fd)
{
    struct stat new;
    if (fstat(fd, &new) == 0 && new.st_gid == old->st_gid)
        return true;
    return fchown(fd, (uid_t)-1, old->st_gid) == 0;
}

/* What replaces a file is not to be read by others than the old one was: nobody has the rights of a group in its stead. */
static int take_mode_of(const struct stat *old, struct output_file *output)
{
    const int fd = fileno(output->file);
    const mode_t mode = old->st_mode & (has_group_of(old, fd) ? 0777 : 0707);
    if (fchmod(fd, mode) == 0)
        return 0;
    const int error = -errno;
    (void)fclose(output->file);
    (void)unlink(output->temporary);
    output->file = NULL;
    return error;
}

/* What a link leads to is replaced, not the link. */
static int open_whole(struct output_file *output, const struct stat *old)
{
    int error = find_target(output->path, &output->target);
    if (error < 0)
        return error;
    output->temporary = temporary_beside(output->target);
    if (output->temporary == NULL)
        return -ENOMEM;
    hold_signals(&output->signals);
    const mode_t mode = old != NULL ? 0600 : 0666; /* nobody opens it before it has the mode of the old one */
    error = open_stream(output->temporary, O_EXCL, mode, &output->file);
    if (error == 0 && old != NULL)
        error = take_mode_of(old, output);
    if (error < 0)
        (void)pthread_sigmask(SIG_SETMASK, &output->signals, NULL);
    return error;
}

static void forget(struct output_file *output)
{
    free(output->target);
    free(output->temporary);
    *output = (struct output_file){0};
}

/* That the folder takes no other file, which says nothing of those that are there. */
static bool is_of_folder(int error)
{
    return error == -EACCES || error == -EPERM || error == -EROFS;
}

/* `truncation` is O_TRUNC, or 0 to leave a file that is there as it is. */
static int open_path(const char *path, enum output_way way, int truncation, struct output_file *output)
{
    struct stat old;
    const bool is_there = stat(path, &old) == 0;
    *output = (struct output_file){.path = path};
    if (!is_there && errno != ENOENT)
        return -errno; /* it may be there, and be no file at all */
    if (way == OUTPUT_AS_COMES || (is_there && !S_ISREG(old.st_mode)))
        return open_stream(path, truncation, 0666, &output->file);
    if (is_there && access(path, W_OK) < 0)
        return -errno;
    const int error = open_whole(output, is_there ? &old : NULL);
    if (!is_there || !is_of_folder(error))
        return error;
    forget(output);
    output->path = path;
    return open_stream(path, truncation, 0666, &output->file);
}

static int open_or_complain(const char *path, enum output_way way, int truncation, struct output_file *output)
{
    struct output_file opened = {.file = stdout};
    const int error = is_standard(path) ? 0 : open_path(path, way, truncation, &opened);
    if (error == 0) {
        *output = opened;
        return 0;
    }
    complain("cannot write %s: %s", path, rdy_error_sentence(error));
    forget(&opened);
    return error;
}

int output_file_open(const char *path, enum output_way way, struct output_file *output)
{
    return open_or_complain(path, way, O_TRUNC, output);
}

int output_file_try(const char *path)
{
    struct stat old;
    if (!is_standard(path) && stat(path, &old) == 0 && !S_ISREG(old.st_mode))
        return 0; /* a pipe is opened once */
    struct output_file output;
    const int error = open_or_complain(path, OUTPUT_WHOLE, 0, &output);
    if (error == 0)
        output_file_abandon(&output);
    return error;
}

bool output_file_flush(struct output_file *output)
{
    /* A C library may have tried to write, and given up, before: fflush then has nothing to do. */
    if ((fflush(output->file) != 0 || ferror(output->file)) && output->error == 0)
        output->error = errno == 0 ? -EIO : -errno;
    return output->error == 0;
}

/* Puts the file in its place, or removes it; signals that have waited for that come now. */
static int settle(const struct output_file *output, int error)
{
    if (error == 0 && rename(output->temporary, output->target) < 0)
        error = -errno;
    if (error != 0)
        (void)unlink(output->temporary);
    (void)pthread_sigmask(SIG_SETMASK, &output->signals, NULL);
    return error;
}

bool output_file_close(struct output_file *output)
{
    if (output->file == NULL)
        return true;
    (void)output_file_flush(output);
    int error = output->error;
    if (output->path != NULL && fclose(output->file) != 0 && error == 0)
        error = -errno;
    if (output->temporary != NULL)
        error = settle(output, error);
    if (error != 0 && error != -EPIPE)
        complain("cannot write %s: %s", output->path == NULL ? "to the standard output" : output->path,
                 rdy_error_sentence(error));
    forget(output);
    return error == 0;
}

void output_file_abandon(struct output_file *output)
{
    if (output->path != NULL && output->file != NULL)
        (void)fclose(output->file);
    if (output->temporary != NULL)
        (void)settle(output, -ECANCELED);
    forget(output);
}
