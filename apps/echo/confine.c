#include "apps/echo/confine.h"

#include "apps/common/exit_codes.h"
#include "apps/common/option.h"
#include "apps/common/sandbox.h"
#include "reactor/error.h"

static bool has_file(const echo_worker *worker)
{
    for (size_t i = 0; i < worker->listener_count; i++)
        if (worker->listeners[i].file.exists)
            return true;
    return false;
}

static int become_user(const echo_config *config)
{
    const int error = config->has_user ? privileges_drop(&config->user) : 0;
    if (error != 0)
        complain("cannot become user %lu: %s", (unsigned long)config->user.user, rdy_error_sentence(error));
    return error;
}

static int enter_sandbox(const echo_config *config, const echo_worker *first)
{
    if (!config->sandbox)
        return 0;
    const unsigned threads = config->workers > 1 ? SANDBOX_THREADS : 0;
    const unsigned files = has_file(first) ? SANDBOX_REMOVE_FILES : 0;
    const int error = sandbox_enter(threads | files);
    if (error != 0)
        complain("cannot enter the sandbox (%s): %s", sandbox_name(), rdy_error_sentence(error));
    return error;
}

int echo_confine(const echo_config *config, const echo_worker *first)
{
    int error = become_user(config);
    if (error == 0)
        error = enter_sandbox(config, first);
    return error == 0 ? EXIT_OK : EXIT_SYSTEM;
}
