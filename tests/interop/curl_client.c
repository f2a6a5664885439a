/*
 * Fetches 200 files at once, and lets transfers fail as they should.
 *   curl_client MODE HTTP-URL HTTPS-URL CERTIFICATE OTHER-CERTIFICATE
 * The files are URL/0 to URL/199.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <net/tcp_listener.h>
#include <reactor/clock.h>

#include "client.h"
#include "curl_on_rdy.h"

enum { FILES = 200 };

struct transfer {
    CURL *easy;
    uint64_t size;
    uint32_t sum;
    CURLcode result;
};

static struct curl_on_rdy curl;
static int left;

static size_t on_bytes(char *bytes, size_t one, size_t size, void *context)
{
    struct transfer *transfer = context;
    (void)one;
    transfer->sum = client_checksum(transfer->sum, bytes, size);
    transfer->size += size;
    return size;
}

static void on_finished(void *context, CURL *easy, CURLcode result)
{
    struct transfer *transfer;
    (void)context;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&transfer);
    transfer->result = result;
    curl_multi_remove_handle(curl.multi, easy);
    curl_easy_cleanup(easy);
    left--;
}

/* One connection for each, straight to the server. */
static CURL *begin(const char *url, const char *certificate, struct transfer *transfer)
{
    CURL *easy = curl_easy_init();
    must(easy != NULL, "a transfer is made");
    *transfer = (struct transfer){.easy = easy, .sum = 1};
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_FAILONERROR, 1L);
    if (certificate != NULL)
        curl_easy_setopt(easy, CURLOPT_CAINFO, certificate);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_bytes);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
    must(curl_multi_add_handle(curl.multi, easy) == CURLM_OK, "a transfer begins");
    left++;
    return easy;
}

static void fetch_all(const char *scenario, const char *url, const char *certificate, struct loop *loop)
{
    static struct transfer transfers[FILES];
    const int64_t started = rdy_clock_now();
    uint64_t size = 0;
    for (int i = 0; i < FILES; i++) {
        char name[128];
        snprintf(name, sizeof name, "%s/%d", url, i);
        begin(name, certificate, &transfers[i]);
    }
    client_finish(loop, &left);
    char amount[64], sums[FILES * 9 + 1];
    for (int i = 0; i < FILES; i++) {
        must(transfers[i].result == CURLE_OK, curl_easy_strerror(transfers[i].result));
        snprintf(sums + i * 9, 10, "%08" PRIx32 " ", transfers[i].sum);
        size += transfers[i].size;
    }
    snprintf(amount, sizeof amount, "%d files, %" PRIu64 " bytes", FILES, size);
    client_report(scenario, amount, sums, started);
}

/* A time-out of 0 is none. */
static void fail(const char *scenario, const char *url, const char *certificate, long timeout_ms,
                 struct loop *loop)
{
    struct transfer transfer;
    const int64_t started = rdy_clock_now();
    CURL *easy = begin(url, certificate, &transfer);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, timeout_ms);
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L); /* or failures would be tried again */
    client_finish(loop, &left);
    const bool timed_out = transfer.result == CURLE_OPERATION_TIMEDOUT;
    must(!timed_out || rdy_clock_now() - started >= timeout_ms * RDY_MILLISECOND, "no time-out is early");
    client_report(scenario, "1 transfer", curl_easy_strerror(transfer.result), started);
}

/* A server that takes connections and says nothing; then nobody at the same address. */
static void fail_without_server(struct loop *loop)
{
    rdy_tcp_listener listener;
    rdy_address here;
    char host[RDY_ADDRESS_TEXT_MAX], url[sizeof host + 16];
    must(rdy_address_parse("127.0.0.1:0", &here) == 0 && rdy_tcp_listener_bind(&here, NULL, &listener) == 0 &&
             rdy_tcp_listener_local_address(&listener, &here) == 0,
         "a listener opens");
    rdy_address_print(&here, host, sizeof host);
    snprintf(url, sizeof url, "http://%s/", host);
    fail("silent server", url, NULL, 200, loop);
    rdy_tcp_listener_close(&listener);
    fail("no server", url, NULL, 0, loop);
}

static bool is_third(const void *context)
{
    static int count;
    (void)context;
    return ++count == 3;
}

/* The one that nobody watches would wait for ever, and libcurl goes on with none of the others. */
static void fail_to_watch(const char *url, rdy_interest trigger)
{
    enum { NUMBER = 3 };
    struct transfer transfers[NUMBER];
    struct loop loop;
    const int64_t started = rdy_clock_now();
    int count = 0;
    must(loop_open(trigger, NULL, &loop) == 0 && curl_on_rdy_open(&loop, on_finished, NULL, &curl) == 0,
         "libcurl opens");
    for (int i = 0; i < NUMBER; i++)
        begin(url, NULL, &transfers[i]);
    client_refuses = is_third;
    while (count >= 0 && rdy_clock_now() - started < 10 * RDY_SECOND)
        count = loop_turn(&loop, 10 * RDY_SECOND);
    client_refuses = NULL;
    must(count == -ENOMEM, "the loop tells what failed");
    must(left == 0, "every transfer comes to its end");
    for (int i = 0; i < NUMBER; i++)
        must(transfers[i].result == CURLE_ABORTED_BY_CALLBACK, curl_easy_strerror(transfers[i].result));
    curl_on_rdy_close(&curl);
    client_close(&loop);
    client_report("one without a watch", "3 transfers", "aborted", started);
}

int main(int argc, char **argv)
{
    struct loop loop;
    char gone[128];
    must(argc == 6 && curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK, "arguments");
    client_open(argv[1], &loop);
    must(curl_on_rdy_open(&loop, on_finished, NULL, &curl) == 0, "libcurl opens");
    fetch_all("http", argv[2], NULL, &loop);
    fetch_all("https", argv[3], argv[4], &loop);
    fail("https, of another issuer", argv[3], argv[5], 0, &loop);
    snprintf(gone, sizeof gone, "%s/gone", argv[2]);
    fail("server closes", gone, NULL, 0, &loop);
    fail_without_server(&loop);
    curl_on_rdy_close(&curl);
    client_close(&loop);
    fail_to_watch(argv[2], loop.trigger);
    curl_global_cleanup();
    return 0;
}
