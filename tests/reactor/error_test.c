#include <errno.h>
#include <limits.h>

#include "reactor/error.h"
#include "tests/suite.h"

static const struct row {
    int error;
    const char *name;
    const char *sentence;
} rows[] = {
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

START_TEST(each_error_has_its_name_and_its_sentence_whatever_its_sign)
{
    const struct row *row = &rows[_i];
    ck_assert_str_eq(rdy_error_name(row->error), row->name);
    ck_assert_str_eq(rdy_error_name(-row->error), row->name);
    ck_assert_str_eq(rdy_error_sentence(row->error), row->sentence);
    ck_assert_str_eq(rdy_error_sentence(-row->error), row->sentence);
}
END_TEST

/* A copied line of the table would tell two errors by the same words. */
START_TEST(no_two_errors_share_their_words)
{
    for (int i = 0; i < COUNT(rows); i++)
        for (int other = 0; other < i; other++) {
            ck_assert_str_ne(rdy_error_name(rows[i].error), rdy_error_name(rows[other].error));
            ck_assert_str_ne(rdy_error_sentence(rows[i].error), rdy_error_sentence(rows[other].error));
        }
}
END_TEST

START_TEST(what_is_no_errno_is_unknown)
{
    static const int numbers[] = {100000, -100000, INT_MAX, INT_MIN, INT_MIN + 1};
    ck_assert_str_eq(rdy_error_name(numbers[_i]), "EUNKNOWN");
    ck_assert_str_eq(rdy_error_sentence(numbers[_i]), "unknown error");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("error");
    TCase *tests = tcase_create("words");
    suite_add_tcase(suite, tests);
    tcase_add_loop_test(tests, each_error_has_its_name_and_its_sentence_whatever_its_sign, 0, COUNT(rows));
    tcase_add_test(tests, no_two_errors_share_their_words);
    tcase_add_loop_test(tests, what_is_no_errno_is_unknown, 0, 5);
    return run_suite(suite);
}
