#include "apps/common/standard_descriptors.h"

#include <fcntl.h>
#include <unistd.h>

void fill_standard_descriptors(void)
{
    static const int wrong_modes[] = {
        [STDIN_FILENO] = O_WRONLY, [STDOUT_FILENO] = O_RDONLY, [STDERR_FILENO] = O_RDONLY};
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0)
            (void)open("/dev/null", wrong_modes[fd]); /* takes the lowest free number, which is this one */
}
