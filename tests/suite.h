#ifndef TESTS_SUITE_H
#define TESTS_SUITE_H

#include <check.h>
#include <stdlib.h>

#define COUNT(array) ((int)(sizeof(array) / sizeof(array)[0]))

/* The tag of cases that need the kernel itself: an emulator of its calls falls short of them (.ci/run, stage aarch64). */
#define WITHOUT_EMULATOR "without-emulator"

/*
 * The tag of cases that are not for valgrind: it takes what the threads of a parent held for lost in a child of fork(2),
 * and runs one thread at a time, too slowly for a hundred thousand turns.
 */
#define WITHOUT_VALGRIND "without-valgrind"

/*
 * libcheck is not built with MemorySanitizer, which would take its messages for uninitialized when they are written: those
 * of a run, and those of each assertion, which any thread may make.
 */
#if defined(__has_feature)
#if __has_feature(memory_sanitizer)
#include <sanitizer/msan_interface.h>
#define UNCHECKED(call)                                                                                      \
    (__msan_scoped_disable_interceptor_checks(), (call), __msan_scoped_enable_interceptor_checks())
#define _mark_point(file, line) UNCHECKED((_mark_point)((file), (line)))
#endif
#endif
#ifndef UNCHECKED
#define UNCHECKED(call) (call)
#endif

/* Runs and frees the suite; the exit status of its program. */
static inline int run_suite(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    UNCHECKED(srunner_run_all(runner, CK_ENV));
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
