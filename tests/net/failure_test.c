#include <errno.h>

#include "net/failure.h"
#include "tests/contract/support.h"

static const struct {
    int error;
    rdy_failure failure;
} classes[] = {
    {0, RDY_FAILURE_NONE},
    {-ECONNREFUSED, RDY_FAILURE_REFUSED},
    {-ETIMEDOUT, RDY_FAILURE_TIMED_OUT},
    {-ECONNRESET, RDY_FAILURE_RESET},
    {-ECONNABORTED, RDY_FAILURE_RESET},
    {-EPIPE, RDY_FAILURE_RESET},
    {-EHOSTUNREACH, RDY_FAILURE_UNREACHABLE},
    {-ENETUNREACH, RDY_FAILURE_UNREACHABLE},
    {-EHOSTDOWN, RDY_FAILURE_UNREACHABLE},
    {-EACCES, RDY_FAILURE_DENIED},
    {-EPERM, RDY_FAILURE_DENIED},
    {-EMFILE, RDY_FAILURE_LOCAL},
    {-ENFILE, RDY_FAILURE_LOCAL},
    {-ENOBUFS, RDY_FAILURE_LOCAL},
    {-ENOMEM, RDY_FAILURE_LOCAL},
    {-ENOSPC, RDY_FAILURE_LOCAL},
    {-EAFNOSUPPORT, RDY_FAILURE_LOCAL},
    {-EPROTONOSUPPORT, RDY_FAILURE_LOCAL},
    {-EADDRINUSE, RDY_FAILURE_LOCAL},
    {-EADDRNOTAVAIL, RDY_FAILURE_LOCAL},
    {-EIO, RDY_FAILURE_OTHER},
    {-EBADF, RDY_FAILURE_OTHER},
    {-100000, RDY_FAILURE_OTHER},
};

START_TEST(each_error_has_its_class)
{
    ck_assert_msg(rdy_failure_from_error(classes[_i].error) == classes[_i].failure, "%d", classes[_i].error);
}
END_TEST

static const struct {
    rdy_failure failure;
    const char *word;
} words[] = {
    {RDY_FAILURE_NONE, "ok"},
    {RDY_FAILURE_REFUSED, "refused"},
    {RDY_FAILURE_TIMED_OUT, "timed out"},
    {RDY_FAILURE_RESET, "reset"},
    {RDY_FAILURE_UNREACHABLE, "unreachable"},
    {RDY_FAILURE_DENIED, "denied"},
    {RDY_FAILURE_LOCAL, "local fault"},
    {RDY_FAILURE_OTHER, "failed"},
    {(rdy_failure)(RDY_FAILURE_OTHER + 100), "failed"}, /* of a newer version, say */
};

START_TEST(each_class_keeps_its_word)
{
    ck_assert_str_eq(rdy_failure_word(words[_i].failure), words[_i].word);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("failure");
    TCase *tests = tcase_create("words");
    suite_add_tcase(suite, tests);
    tcase_add_loop_test(tests, each_error_has_its_class, 0, COUNT(classes));
    tcase_add_loop_test(tests, each_class_keeps_its_word, 0, COUNT(words));
    return run_suite(suite);
}
