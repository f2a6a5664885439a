#include "apps/connect/connector_option.h"

#include <errno.h>

#include "apps/common/option.h"

static int read_number(const char *option, const char *text, long least, unsigned *number)
{
    long value;
    if (option_count(option, text, least, INT_MAX, &value) < 0)
        return -EINVAL;
    *number = (unsigned)value;
    return 0;
}

int connector_option(peer_connector_options *options, int key, const char *value)
{
    int error = 0;
    switch (key) {
    case CONNECTOR_PAR:
    case CONNECTOR_SEQ:
        options->sequential = key == CONNECTOR_SEQ;
        break;
    case CONNECTOR_CONCURRENCY:
        error = option_positive("--concurrency", value, &options->concurrency);
        break;
    case CONNECTOR_RATE:
        error = read_number("--rate", value, 1, &options->rate);
        break;
    case CONNECTOR_RETRIES:
        error = read_number("--retries", value, 0, &options->retries);
        break;
    case CONNECTOR_HAPPY:
        options->happy = true;
        break;
    case CONNECTOR_BACKEND:
        error = option_backend("--backend", value, &options->backend);
        break;
    default:
        return 0;
    }
    return error < 0 ? error : 1;
}

int connector_option_check(const peer_connector_options *options)
{
    const int error = option_order(options->sequential, options->concurrency);
    return error < 0 || options->backend != NULL ? error : option_backend_of_environment();
}
