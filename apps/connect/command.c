#include "apps/connect/command.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "apps/common/descriptors.h"
#include "apps/common/exit_codes.h"
#include "apps/common/option.h"
#include "reactor/error.h"

static int set_peer_variable(const rdy_tcp_stream *stream)
{
    rdy_address address;
    char text[RDY_ADDRESS_TEXT_MAX];
    const int error = rdy_tcp_stream_peer_address(stream, &address);
    if (error < 0)
        return error;
    rdy_address_print(&address, text, sizeof text);
    return setenv("RDY_PEER", text, 1) < 0 ? -errno : 0;
}

/* Its duplicates survive the command's start, and it does not. */
static int give_stream(int fd)
{
    const int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) < 0)
        return -errno;
    const int error = descriptors_put_at(fd, STDIN_FILENO);
    return error == 0 ? descriptors_put_at(fd, STDOUT_FILENO) : error;
}

static int prepare(rdy_tcp_stream *stream)
{
    int error = set_peer_variable(stream);
    if (error == 0)
        error = give_stream(rdy_source_fd(&stream->source));
    rdy_tcp_stream_close(stream);
    if (error == 0 && signal(SIGPIPE, SIG_DFL) == SIG_ERR)
        error = -errno;
    descriptors_restore_limit();
    return error;
}

int command_run(char *const *command, rdy_tcp_stream *stream)
{
    int error = prepare(stream);
    if (error == 0) {
        (void)execvp(command[0], command);
        error = -errno;
    }
    complain("cannot run %s: %s", command[0], rdy_error_sentence(error));
    return error == -ENOENT ? EXIT_NO_COMMAND : EXIT_CANNOT_RUN;
}
