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
    return error;
}

/* A name beside the target that nobody has, or NULL; the caller's to free. */
static char *name_beside(const char *target)
{
    const size_t size = strlen(target) + 64;
    char *name = malloc(size);
    if (name != NULL)
        (void)snprintf(name, size, "%s.%ld-%" PRIx64 ".part", target, (long)getpid(),
                       (uint64_t)rdy_clock_now());
    return name;
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

/* What a link leads to is replaced, not the link. */
static int open_whole(struct output_file *output, const struct stat *old)
{
    output->target = old == NULL ? strdup(output->path) : realpath(output->path, NULL);
    if (output->target == NULL)
        return -errno;
    output->temporary = name_beside(output->target);
    if (output->temporary == NULL)
        return -ENOMEM;
    hold_signals(&output->signals);
    const int error = open_stream(output->temporary, O_EXCL, 0666, &output->file);
    if (error < 0)
        (void)pthread_sigmask(SIG_SETMASK, &output->signals, NULL);
    else if (old != NULL)
        (void)fchmod(fileno(output->file), old->st_mode & 0777);
    return error;
}

static int open_path(struct output_file *output, enum output_way way)
{
    struct stat old;
    const bool is_there = stat(output->path, &old) == 0;
    if (way == OUTPUT_AS_COMES || (is_there && !S_ISREG(old.st_mode)))
        return open_stream(output->path, O_TRUNC, 0666, &output->file);
    if (is_there && access(output->path, W_OK) < 0)
        return -errno;
    return open_whole(output, is_there ? &old : NULL);
}

static void forget(struct output_file *output)
{
    free(output->target);
    free(output->temporary);
    *output = (struct output_file){0};
}

int output_file_open(const char *path, enum output_way way, struct output_file *output)
{
    struct output_file opened = {.file = stdout};
    if (!is_standard(path)) {
        opened.path = path;
        const int error = open_path(&opened, way);
        if (error < 0) {
            complain("cannot write %s: %s", path, rdy_error_sentence(error));
            forget(&opened);
            return error;
        }
    }
    *output = opened;
    return 0;
}

int output_file_try(const char *path)
{
    struct stat old;
    if (!is_standard(path) && stat(path, &old) == 0 && !S_ISREG(old.st_mode))
        return 0; /* a pipe is opened once */
    struct output_file output;
    const int error = output_file_open(path, OUTPUT_WHOLE, &output);
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
