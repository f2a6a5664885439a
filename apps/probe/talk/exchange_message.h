#ifndef RDY_APPS_PROBE_TALK_EXCHANGE_MESSAGE_H
#define RDY_APPS_PROBE_TALK_EXCHANGE_MESSAGE_H

#include "apps/probe/talk/exchange.h"

/*
 * Private to the exchange: exchange.c reads, writes and watches the clock, exchange_message.c judges what comes after
 * the handshake. All that return an int return what exchange_advance is to return.
 */

/* Begins with the messages: the handshake was right. */
void exchange_greeted(struct exchange *exchange, int64_t now_ns);

/* Judges the next part of a message. */
int exchange_take(struct exchange *exchange, const struct peer_part *part, int64_t now_ns);

/* Leaves the requests whose turn it is in `unsent`, unless too much waits there already. */
int exchange_ask(struct exchange *exchange);

#endif
