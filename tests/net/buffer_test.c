#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "net/buffer.h"
#include "net/unix_stream.h"
#include "tests/net/connections.h"

static rdy_buffer buffer;
static rdy_unix_stream writer, reader;

static void open_pair(void)
{
    ck_assert_int_eq(rdy_unix_stream_pair(&writer, &reader), 0);
}

static void close_all(void)
{
    rdy_buffer_free(&buffer);
    rdy_unix_stream_close(&writer);
    rdy_unix_stream_close(&reader);
}

/* A sequence in which each place can be told from the others around it. */
static unsigned char byte_at(size_t place)
{
    return (unsigned char)((place * 2654435761U) >> 24);
}

static unsigned char *bytes_from(size_t place, size_t size)
{
    unsigned char *bytes = malloc(size + 1);
    for (size_t i = 0; i < size; i++)
        bytes[i] = byte_at(place + i);
    return bytes;
}

static void check_bytes(const unsigned char *bytes, size_t place, size_t size)
{
    unsigned char *expected = bytes_from(place, size);
    ck_assert_msg(memcmp(bytes, expected, size) == 0, "bytes differ behind place %zu", place);
    free(expected);
}

static void append(size_t place, size_t size)
{
    unsigned char *bytes = bytes_from(place, size);
    ck_assert_int_eq(rdy_buffer_append(&buffer, bytes, size), 0);
    free(bytes);
}

/* The same numbers in each run. */
static unsigned next_number(void)
{
    static unsigned state = 1;
    state = state * 1664525U + 1013904223U;
    return state >> 8;
}

static size_t next_size(void)
{
    static const unsigned limits[] = {1, 16, 300, 5000, 70000};
    return next_number() % (limits[next_number() % 5] + 1);
}

static void check_holds_nothing(void)
{
    ck_assert_uint_eq(buffer.count, 0);
    ck_assert_ptr_null(buffer.bytes);
    ck_assert_uint_eq(buffer.capacity, 0);
    ck_assert_ptr_null(rdy_buffer_front(&buffer));
}

/* ---- memory ---- */

START_TEST(bytes_come_out_as_they_went_in)
{
    size_t taken = 0, added = 0;
    for (int i = 0; i < 2000; i++) {
        const size_t size = next_size();
        if (next_number() % 2 == 0) {
            append(added, size);
            added += size;
        } else {
            rdy_buffer_consume(&buffer, size);
            taken = size < added - taken ? taken + size : added;
        }
        ck_assert_uint_eq(buffer.count, added - taken);
        if (buffer.count != 0)
            check_bytes(rdy_buffer_front(&buffer), taken, buffer.count);
        else
            ck_assert_ptr_null(rdy_buffer_front(&buffer));
    }
    ck_assert_uint_gt(taken, 0);
}
END_TEST

START_TEST(memory_goes_back_when_nothing_waits)
{
    check_holds_nothing();
    append(0, 10000);
    ck_assert_ptr_nonnull(rdy_buffer_front(&buffer));
    rdy_buffer_consume(&buffer, 9999);
    ck_assert_uint_eq(buffer.count, 1);
    rdy_buffer_consume(&buffer, 1);
    check_holds_nothing();
}
END_TEST

START_TEST(consuming_more_than_waits_empties_it)
{
    rdy_buffer_consume(&buffer, 1);
    check_holds_nothing();
    append(0, 100);
    rdy_buffer_consume(&buffer, SIZE_MAX);
    check_holds_nothing();
}
END_TEST

START_TEST(appending_nothing_takes_no_memory)
{
    ck_assert_int_eq(rdy_buffer_append(&buffer, "", 0), 0);
    ck_assert_int_eq(rdy_buffer_append(&buffer, NULL, 0), 0);
    check_holds_nothing();
}
END_TEST

START_TEST(a_queue_that_moves_on_does_not_grow)
{
    append(0, 1000);
    for (size_t place = 1000; place < 2000000; place += 100) {
        append(place, 100);
        rdy_buffer_consume(&buffer, 100);
    }
    check_bytes(rdy_buffer_front(&buffer), 1999000, 1000);
    ck_assert_uint_le(buffer.capacity, 8192);
}
END_TEST

/* Who may choose how many bytes wait must not choose what they cost. */
START_TEST(bytes_that_wait_are_not_copied_for_every_few_that_are_added)
{
    const size_t waiting = ((size_t)1 << 20) - 16;
    append(0, waiting);
    const unsigned char *bytes = buffer.bytes;
    int copies = 0;
    for (size_t i = 0; i < 4096; i++) {
        append(waiting + i, 1);
        rdy_buffer_consume(&buffer, 1);
        copies += bytes != buffer.bytes || buffer.start == 0;
        bytes = buffer.bytes;
    }
    check_bytes(rdy_buffer_front(&buffer), 4096, waiting);
    ck_assert_int_le(copies, 1);
}
END_TEST

START_TEST(capacity_stays_within_five_quarters_of_what_waited)
{
    size_t most = 0;
    for (int i = 0; i < 2000; i++) {
        append(0, next_size());
        most = buffer.count > most ? buffer.count : most;
        ck_assert_uint_le(buffer.capacity, most / 4 * 5 + 4096);
        rdy_buffer_consume(&buffer, next_size());
    }
}
END_TEST

START_TEST(more_than_memory_holds_is_enomem_and_adds_nothing)
{
    append(0, 10);
    const rdy_buffer before = buffer;
    ck_assert_int_eq(rdy_buffer_append(&buffer, "x", SIZE_MAX), -ENOMEM);
    ck_assert_int_eq(rdy_buffer_append(&buffer, "x", SIZE_MAX - 10), -ENOMEM);
    ck_assert_mem_eq(&buffer, &before, sizeof buffer);
    check_bytes(rdy_buffer_front(&buffer), 0, 10);
}
END_TEST

START_TEST(a_buffer_may_be_moved)
{
    append(0, 100);
    rdy_buffer moved = buffer;
    buffer = (rdy_buffer){0};
    ck_assert_int_eq(rdy_buffer_append(&moved, "x", 1), 0);
    check_bytes(rdy_buffer_front(&moved), 0, 100);
    rdy_buffer_free(&moved);
    check_holds_nothing();
}
END_TEST

START_TEST(freeing_drops_everything_and_takes_null_and_zeroed_buffers)
{
    rdy_buffer_free(NULL);
    rdy_buffer_free(&buffer);
    append(0, 5000);
    rdy_buffer_free(&buffer);
    check_holds_nothing();
    rdy_buffer_free(&buffer);
    append(0, 1);
    ck_assert_uint_eq(buffer.count, 1);
}
END_TEST

/* ---- writing ---- */

#define TOKEN ((rdy_token)7)
#define MUCH  3000000

/* Reads some of what was written; returns how much. */
static size_t read_some(size_t place)
{
    static unsigned char bytes[50000];
    const size_t size = 1 + next_number() % sizeof bytes;
    const ptrdiff_t count = rdy_stream_read(&reader.source, bytes, size);
    if (count == -EAGAIN)
        return 0;
    ck_assert_int_gt(count, 0);
    check_bytes(bytes, place, (size_t)count);
    return (size_t)count;
}

/* Reads until nothing is left to be read, and not all that was sent. */
static size_t read_all(size_t place)
{
    size_t count, total = 0;
    while ((count = read_some(place + total)) != 0)
        total += count;
    return total;
}

START_TEST(what_a_full_stream_does_not_take_goes_out_as_it_becomes_writable)
{
    append(0, MUCH);
    watch(&writer.source, TOKEN, RDY_WRITABLE);
    int result = rdy_buffer_flush(&buffer, &writer.source);
    ck_assert_int_eq(result, -EAGAIN);
    ck_assert_uint_gt(buffer.count, 0);
    size_t place = 0;
    while (result == -EAGAIN) {
        place += read_all(place);
        wait_for(TOKEN, RDY_EVENT_WRITABLE);
        result = rdy_buffer_flush(&buffer, &writer.source);
    }
    ck_assert_int_eq(result, 0);
    check_holds_nothing();
    ck_assert_uint_eq(place + read_all(place), MUCH);
}
END_TEST

START_TEST(flushing_nothing_is_done_at_once)
{
    ck_assert_int_eq(rdy_buffer_flush(&buffer, &writer.source), 0);
    rdy_unix_stream_close(&writer);
    ck_assert_int_eq(rdy_buffer_flush(&buffer, &writer.source), 0);
}
END_TEST

START_TEST(sending_writes_at_once_and_keeps_nothing_when_there_is_room)
{
    unsigned char *bytes = bytes_from(0, 1000);
    ck_assert_int_eq(rdy_buffer_send(&buffer, &writer.source, bytes, 1000), 0);
    check_holds_nothing();
    free(bytes);
    ck_assert_uint_eq(read_all(0), 1000);
}
END_TEST

START_TEST(sending_nothing_is_no_end_of_the_stream)
{
    char byte;
    ck_assert_int_eq(rdy_buffer_send(&buffer, &writer.source, "", 0), 0);
    check_holds_nothing();
    ck_assert_int_eq(rdy_stream_read(&reader.source, &byte, 1), -EAGAIN);
}
END_TEST

static void send_from(size_t place, size_t size)
{
    unsigned char *bytes = bytes_from(place, size);
    ck_assert_int_eq(rdy_buffer_send(&buffer, &writer.source, bytes, size), 0);
    free(bytes);
}

START_TEST(what_is_sent_stays_in_order_behind_what_waits)
{
    size_t sent = 0, read = 0;
    bool has_waited = false;
    while (sent < MUCH) {
        const size_t size = 1 + next_size();
        send_from(sent, size);
        sent += size;
        has_waited |= buffer.count != 0;
        if (buffer.count > 200000)
            read += read_some(read);
    }
    ck_assert(has_waited);
    while (read < sent) {
        read += read_some(read);
        ck_assert_int_le(rdy_buffer_flush(&buffer, &writer.source), 0);
    }
    check_holds_nothing();
}
END_TEST

/* New bytes must not overtake old ones, also when there is room for them now. */
START_TEST(what_is_sent_waits_behind_what_waits_although_there_is_room)
{
    send_from(0, MUCH);
    const size_t waiting = buffer.count;
    ck_assert_uint_gt(waiting, 0);
    const size_t read = read_all(0);
    send_from(MUCH, 10);
    ck_assert_uint_eq(buffer.count, waiting + 10);
    ck_assert_uint_eq(read_all(read), 0);
}
END_TEST

START_TEST(an_error_keeps_the_bytes)
{
    append(0, 5000);
    rdy_unix_stream_close(&reader);
    ck_assert_int_eq(rdy_buffer_flush(&buffer, &writer.source), -EPIPE);
    rdy_unix_stream_close(&writer);
    ck_assert_int_eq(rdy_buffer_flush(&buffer, &writer.source), -EBADF);
    ck_assert_uint_eq(buffer.count, 5000);
    check_bytes(rdy_buffer_front(&buffer), 0, 5000);
}
END_TEST

START_TEST(sending_into_a_broken_stream_is_its_error)
{
    rdy_unix_stream_close(&reader);
    ck_assert_int_eq(rdy_buffer_send(&buffer, &writer.source, "x", 1), -EPIPE);
    rdy_unix_stream_close(&writer);
    ck_assert_int_eq(rdy_buffer_send(&buffer, &writer.source, "x", 1), -EBADF);
}
END_TEST

int main(void)
{
    Suite *suite = contract_suite("buffer");
    TCase *memory = contract_case(suite, "memory"), *writing = contract_case(suite, "writing");
    tcase_add_checked_fixture(memory, NULL, close_all);
    tcase_add_checked_fixture(writing, open_pair, close_all);

    tcase_add_test(memory, bytes_come_out_as_they_went_in);
    tcase_add_test(memory, memory_goes_back_when_nothing_waits);
    tcase_add_test(memory, consuming_more_than_waits_empties_it);
    tcase_add_test(memory, appending_nothing_takes_no_memory);
    tcase_add_test(memory, a_queue_that_moves_on_does_not_grow);
    tcase_add_test(memory, bytes_that_wait_are_not_copied_for_every_few_that_are_added);
    tcase_add_test(memory, capacity_stays_within_five_quarters_of_what_waited);
    tcase_add_test(memory, more_than_memory_holds_is_enomem_and_adds_nothing);
    tcase_add_test(memory, a_buffer_may_be_moved);
    tcase_add_test(memory, freeing_drops_everything_and_takes_null_and_zeroed_buffers);

    tcase_add_test(writing, what_a_full_stream_does_not_take_goes_out_as_it_becomes_writable);
    tcase_add_test(writing, flushing_nothing_is_done_at_once);
    tcase_add_test(writing, sending_writes_at_once_and_keeps_nothing_when_there_is_room);
    tcase_add_test(writing, sending_nothing_is_no_end_of_the_stream);
    tcase_add_test(writing, what_is_sent_stays_in_order_behind_what_waits);
    tcase_add_test(writing, what_is_sent_waits_behind_what_waits_although_there_is_room);
    tcase_add_test(writing, an_error_keeps_the_bytes);
    tcase_add_test(writing, sending_into_a_broken_stream_is_its_error);
    return run_suite(suite);
}
