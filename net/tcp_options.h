#ifndef RDY_NET_TCP_OPTIONS_H
#define RDY_NET_TCP_OPTIONS_H

/* Private: options that streams and listeners share. */

#include "reactor/source.h"

int rdy_tcp_set_ttl(const rdy_source *source, int ttl);
int rdy_tcp_ttl(const rdy_source *source, int *ttl);

#endif
