#ifndef TESTS_CONTRACT_PRINTED_H
#define TESTS_CONTRACT_PRINTED_H

/* What the library writes to stderr in its debug mode. */

/* A fixture: between the two, stderr is a file that the functions below read. */
void capture_stderr(void);
void release_stderr(void);

/* Exactly this report, one line, was printed since the last look. */
__attribute__((format(printf, 1, 2))) void expect_report(const char *format, ...);

/* Nothing was. */
void expect_no_report(void);

/* For a test that puts another file in the place of stderr: undoes that. */
void capture_stderr_again(void);

/* Runs it in a child of fork(2) that then ends by exit(3), as programs do. */
void run_child(void (*body)(void));

#endif
