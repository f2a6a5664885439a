#include "bench/load/window.h"

#include "bench/load/now.h"

int window_begin(struct window *window, pid_t server)
{
    const int status = server_time_read(server, &window->server);
    window->load_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
    window->wall_ns = now_ns();
    return status;
}

int window_end(struct window *window, pid_t server)
{
    struct window end;
    const int status = window_begin(&end, server);
    if (status < 0)
        return status;
    *window = (struct window){
        .wall_ns = end.wall_ns - window->wall_ns,
        .load_ns = end.load_ns - window->load_ns,
        .server =
            {
                .cpu_ns = end.server.cpu_ns - window->server.cpu_ns,
                .user_ns = end.server.user_ns - window->server.user_ns,
                .system_ns = end.server.system_ns - window->server.system_ns,
            },
    };
    return 0;
}
