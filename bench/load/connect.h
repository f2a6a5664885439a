#ifndef RDY_BENCH_LOAD_CONNECT_H
#define RDY_BENCH_LOAD_CONNECT_H

#include <stdint.h>

/*
 * Begins to connect to 127.0.0.1 and that port: a non-blocking socket with TCP_NODELAY, or a negative errno. The
 * source addresses 127.0.0.2 to 127.0.0.201 take turns by `number`, so that neither open connections nor those in
 * TIME_WAIT use up the ports: each address has those of net.ipv4.ip_local_port_range, 28 232 as a rule, together
 * 5.6 million, which last for 94 000 connections a second that spend 60 s in TIME_WAIT.
 */
int connect_begin(uint16_t port, uint32_t number);

#endif
