#include "curl_on_rdy.h"

#include <errno.h>

#include <reactor/clock.h>

/*
 * After a callback that failed libcurl ends each transfer with its next step, which most of them would not come to, and
 * closes sockets before it says so.
 */
static void give_up(struct curl_on_rdy *curl, int error)
{
    struct loop_watch *watch;
    rdy_token token;
    int running;
    loop_fail(curl->loop, error);
    for (size_t cursor = 0; (watch = rdy_slab_walk(&curl->loop->watches, &cursor, &token)) != NULL;)
        if (watch->context == curl)
            loop_change(curl->loop, watch, 0);
    curl_multi_perform(curl->multi, &running);
}

static void act(struct curl_on_rdy *curl, curl_socket_t fd, int ready)
{
    int number;
    const CURLMcode code = curl_multi_socket_action(curl->multi, fd, ready, &number);
    if (code != CURLM_OK)
        give_up(curl, code == CURLM_OUT_OF_MEMORY ? -ENOMEM : -EIO);
    for (CURLMsg *message; (message = curl_multi_info_read(curl->multi, &number)) != NULL;)
        curl->finished(curl->context, message->easy_handle, message->data.result);
}

static void on_ready(struct loop_watch *watch, rdy_event event)
{
    int ready = rdy_event_is_readable(event) ? CURL_CSELECT_IN : 0;
    if (rdy_event_is_writable(event))
        ready |= CURL_CSELECT_OUT;
    if (rdy_event_is_error(event))
        ready |= CURL_CSELECT_ERR;
    act(watch->context, rdy_source_fd(&watch->source), ready);
}

static void on_expired(void *context)
{
    act(context, CURL_SOCKET_TIMEOUT, 0);
}

/* `socket` is the watch, once curl_multi_assign(3) has told libcurl of it. */
static int on_socket(CURL *easy, curl_socket_t fd, int what, void *context, void *socket)
{
    struct curl_on_rdy *curl = context;
    struct loop_watch *watch = socket;
    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        loop_remove(curl->loop, watch);
        curl_multi_assign(curl->multi, fd, NULL);
        return 0;
    }
    const rdy_interest conditions =
        (what & CURL_POLL_IN ? RDY_READABLE : 0) | (what & CURL_POLL_OUT ? RDY_WRITABLE : 0);
    if (watch != NULL) {
        loop_change(curl->loop, watch, conditions);
        return 0;
    }
    const int error = loop_add(curl->loop, fd, conditions, on_ready, curl, &watch);
    if (error != 0) {
        loop_fail(curl->loop, error);
        return -1;
    }
    return curl_multi_assign(curl->multi, fd, watch) == CURLM_OK ? 0 : -1;
}

/* libcurl must not be called from here, not even for 0: CURLMOPT_TIMERFUNCTION(3). */
static int on_timer(CURLM *multi, long timeout_ms, void *context)
{
    struct curl_on_rdy *curl = context;
    (void)multi;
    loop_arm(curl->loop, &curl->timer, timeout_ms * RDY_MILLISECOND);
    return 0;
}

int curl_on_rdy_open(struct loop *loop, void (*finished)(void *context, CURL *easy, CURLcode result),
                     void *context, struct curl_on_rdy *curl)
{
    CURLM *multi = curl_multi_init();
    if (multi == NULL)
        return -ENOMEM;
    *curl = (struct curl_on_rdy){.loop = loop,
                                 .multi = multi,
                                 .timer = {.expired = on_expired, .context = curl},
                                 .finished = finished,
                                 .context = context};
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, curl);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(multi, CURLMOPT_TIMERDATA, curl);
    return 0;
}

void curl_on_rdy_close(struct curl_on_rdy *curl)
{
    curl_multi_cleanup(curl->multi);
    loop_arm(curl->loop, &curl->timer, RDY_FOREVER);
}
