#include "reactor/error.h"

#include <errno.h>
#include <stddef.h>

struct entry {
    int error;
    const char *name;
    const char *sentence;
};

/* POSIX's errors, as far as calls on descriptors, sockets and memory can give them. */
static const struct entry entries[] = {
    {0, "OK", "no error"},
    {E2BIG, "E2BIG", "argument list too long"},
    {EACCES, "EACCES", "permission denied"},
    {EADDRINUSE, "EADDRINUSE", "address already in use"},
    {EADDRNOTAVAIL, "EADDRNOTAVAIL", "address not available"},
    {EAFNOSUPPORT, "EAFNOSUPPORT", "address family not supported"},
    {EAGAIN, "EAGAIN", "operation would block"},
    {EALREADY, "EALREADY", "connection already in progress"},
    {EBADF, "EBADF", "bad or closed descriptor"},
    {EBUSY, "EBUSY", "resource busy"},
    {ECANCELED, "ECANCELED", "operation cancelled"},
    {ECHILD, "ECHILD", "belongs to the parent process"},
    {ECONNABORTED, "ECONNABORTED", "connection aborted"},
    {ECONNREFUSED, "ECONNREFUSED", "connection refused"},
    {ECONNRESET, "ECONNRESET", "connection reset by peer"},
    {EDESTADDRREQ, "EDESTADDRREQ", "destination address required"},
    {EDQUOT, "EDQUOT", "disk quota used up"},
    {EEXIST, "EEXIST", "already there"},
    {EFAULT, "EFAULT", "bad address in memory"},
    {EFBIG, "EFBIG", "file too large"},
    {EHOSTDOWN, "EHOSTDOWN", "host is down"},
    {EHOSTUNREACH, "EHOSTUNREACH", "no route to host"},
    {EINPROGRESS, "EINPROGRESS", "operation in progress"},
    {EINTR, "EINTR", "interrupted by a signal"},
    {EINVAL, "EINVAL", "invalid argument"},
    {EIO, "EIO", "input or output error"},
    {EISCONN, "EISCONN", "already connected"},
    {EISDIR, "EISDIR", "is a directory"},
    {ELOOP, "ELOOP", "too many symbolic links"},
    {EMFILE, "EMFILE", "too many open descriptors in this process"},
    {EMSGSIZE, "EMSGSIZE", "message too long"},
    {ENAMETOOLONG, "ENAMETOOLONG", "name too long"},
    {ENETDOWN, "ENETDOWN", "network is down"},
    {ENETRESET, "ENETRESET", "connection dropped by the network"},
    {ENETUNREACH, "ENETUNREACH", "network unreachable"},
    {ENFILE, "ENFILE", "too many open descriptors in the system"},
    {ENOBUFS, "ENOBUFS", "no buffer space left"},
    {ENODEV, "ENODEV", "no such device"},
    {ENOENT, "ENOENT", "not there"},
    {ENOEXEC, "ENOEXEC", "not a program"},
    {ENOMEM, "ENOMEM", "out of memory"},
    {ENOPROTOOPT, "ENOPROTOOPT", "option not supported by protocol"},
    {ENOSPC, "ENOSPC", "no space left"},
    {ENOSYS, "ENOSYS", "system call not there"},
    {ENOTCONN, "ENOTCONN", "not connected"},
    {ENOTDIR, "ENOTDIR", "not a directory"},
    {ENOTSOCK, "ENOTSOCK", "not a socket"},
    {ENOTSUP, "ENOTSUP", "not supported"},
#if EOPNOTSUPP != ENOTSUP
    {EOPNOTSUPP, "EOPNOTSUPP", "operation not supported"},
#endif
    {ENXIO, "ENXIO", "no such device or address"},
    {EOVERFLOW, "EOVERFLOW", "value too large"},
    {EPERM, "EPERM", "operation not permitted"},
    {EPIPE, "EPIPE", "nobody reads the other end"},
    {EPROTO, "EPROTO", "protocol error"},
    {EPROTONOSUPPORT, "EPROTONOSUPPORT", "protocol not supported"},
    {EPROTOTYPE, "EPROTOTYPE", "wrong protocol for socket"},
    {ERANGE, "ERANGE", "value out of range"},
    {EROFS, "EROFS", "read-only file system"},
    {ESRCH, "ESRCH", "no such process"},
    {ETIMEDOUT, "ETIMEDOUT", "timed out"},
    {ETOOMANYREFS, "ETOOMANYREFS", "too many references"},
    {ETXTBSY, "ETXTBSY", "program is being written"},
};

static const struct entry unknown = {0, "EUNKNOWN", "unknown error"};

static const struct entry *find(int error)
{
    for (size_t i = 0; i < sizeof entries / sizeof entries[0]; i++)
        if (entries[i].error == error || -entries[i].error == error)
            return &entries[i];
    return &unknown;
}

const char *rdy_error_name(int error)
{
    return find(error)->name;
}

const char *rdy_error_sentence(int error)
{
    return find(error)->sentence;
}
