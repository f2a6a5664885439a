#ifndef TESTS_FUZZ_BACKENDS_CALLS_H
#define TESTS_FUZZ_BACKENDS_CALLS_H

/* Calls that are made on all sides; their answers are compared, and the model follows. */

#include "reactor/interest.h"
#include "tests/fuzz/backends/twins.h"

/* ---- ends.c ---- */

void open_ends(int pair, enum kind kind); /* if both are closed */
void close_end(int end, bool resets);
void lose(int end); /* if it is registered */
void shut(int end, int how);

/* By the functions of net/, or raw, as somebody who has descriptors of his own. */
ptrdiff_t read_from(int end, size_t size, bool is_raw);
void drain(int end, size_t size, bool is_raw);

ptrdiff_t write_to(int end, size_t size);
void fill(int end, size_t size);

/* ---- polls.c ---- */

void enrol(int end, int poll, rdy_interest interest);
void enrol_anew(int end, int poll, rdy_interest interest);
void enrol_double(int end, int poll);
void take_off(int end, int poll);
void reopen(int poll);
void replace_waker(int waker, int poll);
void wake(int waker);

#endif
