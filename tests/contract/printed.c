#include "tests/contract/printed.h"

#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static FILE *printed;
static int kept_stderr;

void capture_stderr_again(void)
{
    ck_assert_int_eq(dup2(fileno(printed), STDERR_FILENO), STDERR_FILENO);
}

void capture_stderr(void)
{
    printed = tmpfile();
    ck_assert_ptr_nonnull(printed);
    kept_stderr = dup(STDERR_FILENO);
    capture_stderr_again();
}

void release_stderr(void)
{
    ck_assert_int_eq(dup2(kept_stderr, STDERR_FILENO), STDERR_FILENO);
    close(kept_stderr);
    fclose(printed);
}

static void take_printed(char *text, size_t size)
{
    const ssize_t count = pread(fileno(printed), text, size - 1, 0);
    ck_assert_int_ge(count, 0);
    text[count] = '\0';
    ck_assert_int_eq(ftruncate(fileno(printed), 0), 0);
    ck_assert_int_eq(lseek(fileno(printed), 0, SEEK_SET), 0);
}

void expect_report(const char *format, ...)
{
    char expected[512] = "rdy: debug: ";
    char found[2048];
    va_list values;
    va_start(values, format);
    vsnprintf(expected + strlen(expected), sizeof expected - strlen(expected), format, values);
    va_end(values);
    take_printed(found, sizeof found);
    ck_assert_str_eq(found, expected);
}

void expect_no_report(void)
{
    char found[2048];
    take_printed(found, sizeof found);
    ck_assert_str_eq(found, "");
}

void run_child(void (*body)(void))
{
    int status = 0;
    fflush(NULL);
    const pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        body();
        exit(EXIT_SUCCESS);
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS);
}
