#include "reactor/os/backend.h"

const struct rdy_backend *const rdy_backend_list[] = {
#ifdef RDY_HAVE_EPOLL
    &rdy_backend_epoll,
#endif
#ifdef RDY_HAVE_KQUEUE
    &rdy_backend_kqueue,
#endif
    &rdy_backend_select,
    NULL,
};
