#include "net/listener.h"

#include <errno.h>

rdy_accept_advice rdy_accept_advise(int error)
{
    switch (-error) {
    case EAGAIN:
        return RDY_ACCEPT_WAIT;
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
    case EPERM: /* a firewall's rule, which may stay: trying again at once could go on for ever */
        return RDY_ACCEPT_PAUSE;
    case ECONNABORTED:
    case EINTR:
    /*
     * Linux tells what happened to that one connection; accept(2) wants these taken for EAGAIN. EOPNOTSUPP, which it
     * names too, is also what a socket without connections says, for ever.
     */
    case EPROTO:
    case ENETDOWN:
    case ENOPROTOOPT:
    case EHOSTDOWN:
#ifdef ENONET
    case ENONET:
#endif
    case EHOSTUNREACH:
    case ENETUNREACH:
    case ETIMEDOUT:
        return RDY_ACCEPT_AGAIN;
    default:
        return RDY_ACCEPT_BROKEN;
    }
}
