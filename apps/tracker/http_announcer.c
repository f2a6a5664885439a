#include "apps/tracker/http_announcer.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/adapters/curl_on_rdy.h"
#include "apps/common/version.h"
#include "apps/torrent/info_hash.h"
#include "reactor/clock.h"
#include "reactor/error.h"

enum {
    REDIRECTS_MAX = 5,
    PEER_ID_SIZE = 20,
    QUERY_MAX = 512,
};

struct transfer {
    struct http_announcer *announcer;
    struct target *target;
    rdy_token token;
    CURL *easy;
    CURLU *url;
    char *answer;
    size_t size;
    bool is_too_large;
    char error[CURL_ERROR_SIZE];
};

struct http_announcer {
    struct round *round;
    struct curl_on_rdy curl;
    rdy_slab transfers;
};

/* Makes room for all that may come yet, which is bounded, only when it comes. */
static size_t on_bytes(char *bytes, size_t one, size_t size, void *context)
{
    struct transfer *transfer = context;
    (void)one; /* is 1: CURLOPT_WRITEFUNCTION(3) */
    transfer->is_too_large = size > TRACKER_REPLY_SIZE_MAX - transfer->size;
    if (transfer->is_too_large)
        return 0;
    char *larger = realloc(transfer->answer, transfer->size + size + 1);
    if (larger == NULL)
        return 0;
    memcpy(larger + transfer->size, bytes, size);
    transfer->answer = larger;
    transfer->size += size;
    return size;
}

/* Of one that has not answered. */
static void remember_if_sent(const struct transfer *transfer)
{
    long sent = 0; /* bytes of requests */
    curl_easy_getinfo(transfer->easy, CURLINFO_REQUEST_SIZE, &sent);
    transfer->target->may_name_us = sent > 0;
}

static void free_transfer(struct transfer *transfer)
{
    struct http_announcer *announcer = transfer->announcer;
    curl_multi_remove_handle(announcer->curl.multi, transfer->easy);
    curl_easy_cleanup(transfer->easy);
    curl_url_cleanup(transfer->url);
    free(transfer->answer);
    rdy_slab_remove(&announcer->transfers, transfer->token);
}

static const char *problem_of_result(const struct transfer *transfer, CURLcode result)
{
    if (transfer->is_too_large)
        return "the answer is longer than 1 MiB";
    if (result == CURLE_WRITE_ERROR)
        return "no memory for the answer";
    if (result == CURLE_OPERATION_TIMEDOUT)
        return "no answer in time";
    return transfer->error[0] != '\0' ? transfer->error : curl_easy_strerror(result);
}

/* NULL for a reply. A failure reason says more than the status that it may come with. */
static const char *problem_of_answer(const struct transfer *transfer, struct tracker_reply *reply,
                                     char problem[PROBLEM_MAX])
{
    struct format_error wrong;
    long status = 0;
    const char *answer = transfer->size > 0 ? transfer->answer : "";
    const int error = tracker_reply_parse(answer, transfer->size, reply, &wrong);
    curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
    if (error == 0 && reply->failure != NULL)
        snprintf(problem, PROBLEM_MAX, "failure reason: %s", reply->failure);
    else if (status != 200)
        snprintf(problem, PROBLEM_MAX, "HTTP status %ld", status);
    else if (error == -EINVAL)
        snprintf(problem, PROBLEM_MAX, "the answer is none of a tracker: byte %zu: expected %s", wrong.offset,
                 wrong.expected);
    else
        return error == 0 ? NULL : rdy_error_sentence(error);
    return problem;
}

static void learn_own_address(const struct transfer *transfer)
{
    const char *host = NULL;
    char text[RDY_ADDRESS_TEXT_MAX];
    rdy_address address;
    curl_easy_getinfo(transfer->easy, CURLINFO_LOCAL_IP, &host);
    if (host == NULL)
        return;
    snprintf(text, sizeof text, strchr(host, ':') != NULL ? "[%s]:0" : "%s:0", host);
    if (rdy_address_parse(text, &address) == 0)
        own_port_add(transfer->announcer->round->own, &address);
}

static void tell(const struct transfer *transfer, CURLcode result)
{
    struct round *round = transfer->announcer->round;
    struct tracker_reply reply = tracker_reply_empty();
    char text[PROBLEM_MAX];
    const char *problem =
        result == CURLE_OK ? problem_of_answer(transfer, &reply, text) : problem_of_result(transfer, result);
    learn_own_address(transfer);
    if (result == CURLE_OPERATION_TIMEDOUT)
        remember_if_sent(transfer);
    else
        transfer->target->may_name_us = problem == NULL;
    round->finished(round, transfer->target, problem == NULL ? &reply : NULL, problem);
    tracker_reply_free(&reply);
}

static void on_finished(void *context, CURL *easy, CURLcode result)
{
    struct transfer *transfer = NULL;
    (void)context;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&transfer);
    tell(transfer, result);
    free_transfer(transfer);
}

int http_announcer_open(struct round *round, struct http_announcer **out)
{
    /* Never undone: a lookup that CURLOPT_QUICK_EXIT has left behind still runs in libcurl. */
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return -ENOMEM;
    struct http_announcer *announcer = calloc(1, sizeof *announcer);
    if (announcer == NULL)
        return -ENOMEM;
    announcer->round = round;
    rdy_slab_init(&announcer->transfers, sizeof(struct transfer));
    const int error = curl_on_rdy_open(&round->loop, on_finished, announcer, &announcer->curl);
    if (error < 0)
        free(announcer);
    else
        *out = announcer;
    return error;
}

static bool make_query(const struct round *round, CURL *easy, char query[QUERY_MAX])
{
    char *info_hash = curl_easy_escape(easy, (const char *)round->info_hash, INFO_HASH_SIZE);
    char *peer_id = curl_easy_escape(easy, (const char *)round->peer_id, PEER_ID_SIZE);
    const bool made = info_hash != NULL && peer_id != NULL;
    if (made)
        snprintf(query, QUERY_MAX,
                 "info_hash=%s&peer_id=%s&port=%u&uploaded=0&downloaded=0&left=%" PRIu64
                 "&compact=1&numwant=%" PRIu32 "&key=%08" PRIx32 "&event=%s",
                 info_hash, peer_id, round->own->port, round->left, round->numwant, round->key,
                 round->event == EVENT_STARTED ? "started" : "stopped");
    curl_free(info_hash);
    curl_free(peer_id);
    return made;
}

static CURLUcode add_tracker_id(CURLU *url, const char *id)
{
    if (id == NULL)
        return CURLUE_OK;
    char pair[QUERY_MAX];
    if (snprintf(pair, sizeof pair, "trackerid=%s", id) >= (int)sizeof pair)
        return CURLUE_OUT_OF_MEMORY;
    return curl_url_set(url, CURLUPART_QUERY, pair, CURLU_APPENDQUERY | CURLU_URLENCODE);
}

/* The tracker's URL, which may have a query, with ours. NULL, or what is wrong. */
static const char *make_url(struct transfer *transfer)
{
    char query[QUERY_MAX];
    const struct round *round = transfer->announcer->round;
    if (!make_query(round, transfer->easy, query))
        return "no memory for the request";
    CURLUcode code = curl_url_set(transfer->url, CURLUPART_URL, transfer->target->url, 0);
    if (code == CURLUE_OK)
        code = curl_url_set(transfer->url, CURLUPART_QUERY, query, CURLU_APPENDQUERY);
    if (code == CURLUE_OK)
        code = add_tracker_id(transfer->url, transfer->target->tracker_id);
    return code == CURLUE_OK ? NULL : curl_url_strerror(code);
}

/* Also of redirects. */
static void limit_protocols(CURL *easy)
{
#if LIBCURL_VERSION_NUM >= 0x075500
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
#else
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
}

/* The environment as the command-line tools read it; libcurl itself looks at none of the two. */
static void trust(CURL *easy, const char *ca_file)
{
    static const char *const names[] = {"CURL_CA_BUNDLE", "SSL_CERT_FILE"};
    for (size_t i = 0; ca_file == NULL && i < sizeof names / sizeof names[0]; i++)
        ca_file = getenv(names[i]);
    if (ca_file == NULL)
        return;
    curl_easy_setopt(easy, CURLOPT_CAINFO, ca_file);
    curl_easy_setopt(easy, CURLOPT_CAPATH,
                     NULL); /* or the system's certificates would be trusted beside them */
}

static void set_time_limits(CURL *easy, int64_t timeout_ns)
{
    const int64_t milliseconds = (timeout_ns - 1) / RDY_MILLISECOND + 1;
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, milliseconds < INT32_MAX ? (long)milliseconds : INT32_MAX);
#if LIBCURL_VERSION_NUM >= 0x075700
    /* Else the end of a transfer waits for its lookup, which may take as long as it likes. */
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
#endif
}

static long ip_version(int family)
{
    if (family == AF_INET)
        return CURL_IPRESOLVE_V4;
    return family == AF_INET6 ? CURL_IPRESOLVE_V6 : CURL_IPRESOLVE_WHATEVER;
}

static void set_options(struct transfer *transfer)
{
    CURL *easy = transfer->easy;
    const struct round *round = transfer->announcer->round;
    char user_agent[64];
    snprintf(user_agent, sizeof user_agent, "rdy/%s", program_version());
    curl_easy_setopt(easy, CURLOPT_CURLU, transfer->url);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_bytes);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->error);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, user_agent);
    curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, ""); /* all that libcurl can unpack */
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(easy, CURLOPT_MAXREDIRS, (long)REDIRECTS_MAX);
    curl_easy_setopt(easy, CURLOPT_IPRESOLVE, ip_version(round->family));
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    limit_protocols(easy);
    trust(easy, round->ca_file);
    set_time_limits(easy, round->timeout_ns);
}

static const char *start(struct transfer *transfer)
{
    transfer->easy = curl_easy_init();
    transfer->url = curl_url();
    if (transfer->easy == NULL || transfer->url == NULL)
        return "no memory for the request";
    const char *problem = make_url(transfer);
    if (problem != NULL)
        return problem;
    set_options(transfer);
    const CURLMcode code = curl_multi_add_handle(transfer->announcer->curl.multi, transfer->easy);
    return code == CURLM_OK ? NULL : curl_multi_strerror(code);
}

const char *http_announcer_start(struct http_announcer *announcer, struct target *target)
{
    rdy_token token;
    struct transfer *transfer = rdy_slab_insert(&announcer->transfers, &token);
    if (transfer == NULL)
        return "no memory for the request";
    transfer->announcer = announcer;
    transfer->target = target;
    transfer->token = token;
    const char *problem = start(transfer);
    if (problem != NULL)
        free_transfer(transfer);
    return problem;
}

static void cancel(struct transfer *transfer)
{
    remember_if_sent(transfer);
    free_transfer(transfer);
}

bool http_announcer_cancel(struct http_announcer *announcer, const struct target *target)
{
    rdy_token token;
    struct transfer *transfer;
    for (size_t cursor = 0; (transfer = rdy_slab_walk(&announcer->transfers, &cursor, &token)) != NULL;)
        if (transfer->target == target) {
            cancel(transfer);
            return true;
        }
    return false;
}

void http_announcer_close(struct http_announcer *announcer)
{
    rdy_token token;
    struct transfer *transfer;
    if (announcer == NULL)
        return;
    for (size_t cursor = 0; (transfer = rdy_slab_walk(&announcer->transfers, &cursor, &token)) != NULL;)
        cancel(transfer);
    curl_on_rdy_close(&announcer->curl);
    rdy_slab_free(&announcer->transfers);
    free(announcer);
}
