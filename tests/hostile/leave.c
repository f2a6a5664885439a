#include "tests/hostile/leave.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

/* A socket in repair is closed without a FIN or a reset: it was to go on in another place (tcp_close of Linux). */
static bool silence(const rdy_tcp_stream *stream)
{
#ifdef TCP_REPAIR
    const int on = 1;
    return setsockopt(rdy_source_fd(&stream->source), IPPROTO_TCP, TCP_REPAIR, &on, sizeof on) == 0;
#else
    (void)stream;
    return false;
#endif
}

bool leave(rdy_tcp_stream *stream, enum farewell farewell)
{
    const bool silent = farewell == FAREWELL_SILENCE && silence(stream);
    if (farewell != FAREWELL_CLOSE && !silent)
        (void)rdy_tcp_stream_set_linger(stream, 0);
    rdy_tcp_stream_close(stream);
    return silent;
}
