/*
 * What fragments of code in the documentation may use without declaring it; code_test.py puts the public headers
 * before it.
 */

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

extern rdy_address address;
extern rdy_buffer unsent;
extern rdy_connector connector;
extern rdy_event event;
extern rdy_events events;
extern rdy_poll *poll;
extern rdy_registry *registry;
extern rdy_signals signals;
extern rdy_source source;
extern rdy_tcp_listener listener;
extern rdy_tcp_stream stream;
extern rdy_timer timer;
extern rdy_timer_wheel wheel;
extern rdy_token token;

extern char body[512];
extern char bytes[512];
extern char head[64];
extern int file;

int compute(void);
void consume(const char *bytes, size_t size);
void handle(rdy_event event);
