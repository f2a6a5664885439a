#include "net/failure.h"

#include <errno.h>
#include <stddef.h>

rdy_failure rdy_failure_from_error(int error)
{
    switch (-error) {
    case 0:
        return RDY_FAILURE_NONE;
    case ECONNREFUSED:
        return RDY_FAILURE_REFUSED;
    case ETIMEDOUT:
        return RDY_FAILURE_TIMED_OUT;
    case ECONNRESET:
    case ECONNABORTED:
    case EPIPE:
    case ENETRESET:
        return RDY_FAILURE_RESET;
    case EHOSTUNREACH:
    case ENETUNREACH:
    case EHOSTDOWN:
        return RDY_FAILURE_UNREACHABLE;
    case EACCES:
    case EPERM:
        return RDY_FAILURE_DENIED;
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
    case ENOSPC: /* epoll_ctl(2): no more watches for this user */
    case EADDRINUSE:
    case EADDRNOTAVAIL:
    case ENETDOWN:
    case EAFNOSUPPORT:
    case EPROTONOSUPPORT:
        return RDY_FAILURE_LOCAL;
    default:
        return RDY_FAILURE_OTHER;
    }
}

const char *rdy_failure_word(rdy_failure failure)
{
    static const char *const words[] = {
        [RDY_FAILURE_NONE] = "ok",
        [RDY_FAILURE_REFUSED] = "refused",
        [RDY_FAILURE_TIMED_OUT] = "timed out",
        [RDY_FAILURE_RESET] = "reset",
        [RDY_FAILURE_UNREACHABLE] = "unreachable",
        [RDY_FAILURE_DENIED] = "denied",
        [RDY_FAILURE_LOCAL] = "local fault",
        [RDY_FAILURE_OTHER] = "failed",
    };
    const size_t count = sizeof words / sizeof words[0];
    return (size_t)failure < count ? words[failure] : words[RDY_FAILURE_OTHER];
}
