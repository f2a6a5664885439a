#include <signal.h>
#include <stdint.h>

#include "apps/common/descriptors.h"
#include "apps/common/option.h"
#include "apps/common/privileges.h"
#include "apps/common/standard_descriptors.h"
#include "apps/echo/config.h"
#include "apps/echo/server.h"

int main(int argc, char **argv)
{
    fill_standard_descriptors();
    option_set_program("rdy-echo");
    privileges_refuse_more();       /* it starts no program */
    (void)signal(SIGPIPE, SIG_IGN); /* who reads our messages may go, and the clients are still served */
    echo_config config;
    int exit_code = 0;
    if (!echo_config_parse(argc, argv, &config, &exit_code))
        return exit_code;

    const size_t room = descriptors_available(0); /* which raises the limit as far as it can be */
    if (config.max_connections != SIZE_MAX && config.max_connections > room)
        complain("--max-connections %zu: there are only %zu descriptors", config.max_connections, room);
    return echo_server_run(&config);
}
