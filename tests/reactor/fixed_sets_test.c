/*
 * A kernel whose select(2) takes no more than FD_SETSIZE descriptors, which none of those is that the tests run on: the
 * backend is compiled into this test as it is there.
 */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <unistd.h>

#include "reactor/os/backend.h"
#include "reactor/os/notice.h"
#include "reactor/os/poll_flags.h"
#include "reactor/os/registrations.h"
#include "reactor/os/sys.h"
#include "tests/suite.h"

#undef __linux__
#include "reactor/os/select.c"

#define TOKEN ((rdy_token)7)

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct select_state state;

static void open_state(void)
{
    state = (struct select_state){0};
    ck_assert_int_eq(rdy_backend_select.open(&state, &lock), 0);
}

static void close_state(void)
{
    rdy_backend_select.close(&state, false);
}

/* Whether there may be a descriptor that no set has room for: often not at first. */
static bool raise_limit(void)
{
    struct rlimit limits;
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limits), 0);
    if (limits.rlim_cur > FD_SETSIZE)
        return true;
    limits.rlim_cur = FD_SETSIZE + 1;
    return setrlimit(RLIMIT_NOFILE, &limits) == 0;
}

START_TEST(the_last_descriptor_of_a_set_is_watched_and_the_next_is_emfile)
{
    int ends[2];
    rdy_event event;
    if (!raise_limit())
        return;
    ck_assert_int_eq(pipe(ends), 0);
    const int last = fcntl(ends[0], F_DUPFD, FD_SETSIZE - 1), next = fcntl(ends[0], F_DUPFD, FD_SETSIZE);
    ck_assert_int_eq(last, FD_SETSIZE - 1);
    ck_assert_int_eq(next, FD_SETSIZE);
    ck_assert_int_eq(rdy_backend_select.add(&state, last, TOKEN, RDY_READABLE), 0);
    ck_assert_int_eq(rdy_backend_select.add(&state, next, TOKEN, RDY_READABLE), -EMFILE);
    ck_assert_int_eq(rdy_backend_select.remove(&state, next), -ENOENT);
    ck_assert_int_eq(write(ends[1], "x", 1), 1);
    ck_assert_int_eq(rdy_backend_select.wait(&state, &event, 1, -1), 1);
    ck_assert_uint_eq(event.token, TOKEN);
    const int all[] = {ends[0], ends[1], last, next};
    for (int i = 0; i < COUNT(all); i++)
        close(all[i]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fixed_sets");
    TCase *tests = tcase_create("sets");
    suite_add_tcase(suite, tests);
    tcase_add_checked_fixture(tests, open_state, close_state);
    tcase_add_test(tests, the_last_descriptor_of_a_set_is_watched_and_the_next_is_emfile);
    return run_suite(suite);
}
