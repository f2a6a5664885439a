#ifndef CURL_ON_RDY_H
#define CURL_ON_RDY_H

/* libcurl's transfers on a loop: the multi-socket interface, libcurl-multi(3). */

#include <curl/curl.h>

#include "loop.h"

struct curl_on_rdy {
    struct loop *loop;
    CURLM *multi; /* add transfers with curl_multi_add_handle(3): they begin with the next turn of the loop */
    struct loop_timer timer;
    void (*finished)(void *context, CURL *easy, CURLcode result);
    void *context;
};

/*
 * `finished` is called once for each transfer that has come to its end; it may remove and free it, and add others. If a
 * socket cannot be watched, loop_turn says why, and all transfers end with CURLE_ABORTED_BY_CALLBACK. The adapter must
 * not move. 0, or a negative errno.
 */
int curl_on_rdy_open(struct loop *loop, void (*finished)(void *context, CURL *easy, CURLcode result),
                     void *context, struct curl_on_rdy *curl);

/* Not from within `finished`. Transfers have to be removed before. */
void curl_on_rdy_close(struct curl_on_rdy *curl);

#endif
