#include "apps/common/descriptors.h"

#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <sys/resource.h>
#include <unistd.h>

/* What is taken for open where there is no /dev/fd to look at: the three standard ones and some for libc. */
enum { OPEN_GUESS = 8 };

/* As it was before it was raised; rlim_max is 0 while it was not. */
static struct rlimit limit_at_first;

static rlim_t raised_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return 0;
    const struct rlimit raised = {.rlim_cur = limit.rlim_max, .rlim_max = limit.rlim_max};
    /* macOS refuses a soft limit of "unlimited" (setrlimit(2), COMPATIBILITY): the old one then stays. */
    if (setrlimit(RLIMIT_NOFILE, &raised) < 0)
        return limit.rlim_cur;
    if (limit_at_first.rlim_max == 0)
        limit_at_first = limit;
    return raised.rlim_cur;
}

void descriptors_restore_limit(void)
{
    if (limit_at_first.rlim_max != 0)
        (void)setrlimit(RLIMIT_NOFILE, &limit_at_first);
}

static size_t open_now(void)
{
    DIR *directory = opendir("/dev/fd");
    if (directory == NULL)
        return OPEN_GUESS;
    size_t count = 0;
    for (const struct dirent *entry = readdir(directory); entry != NULL; entry = readdir(directory))
        count += entry->d_name[0] != '.';
    closedir(directory);
    return count > 0 ? count - 1 : 0; /* the directory itself was one of them */
}

size_t descriptors_available(size_t reserve)
{
    const rlim_t limit = raised_limit();
    const size_t most = limit > SIZE_MAX ? SIZE_MAX : (size_t)limit;
    const size_t taken = open_now() + reserve;
    return most > taken ? most - taken : 1;
}

int descriptors_put_at(int fd, int number)
{
    int result;
    do
        result = dup2(fd, number);
    while (result < 0 && (errno == EINTR || errno == EBUSY));
    return result < 0 ? -errno : 0;
}
