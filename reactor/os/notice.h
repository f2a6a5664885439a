#ifndef RDY_REACTOR_OS_NOTICE_H
#define RDY_REACTOR_OS_NOTICE_H

/*
 * A descriptor that becomes readable when it is told to: an eventfd(2), or a pipe where there is none. Both
 * ends are the same descriptor for an eventfd.
 */
struct rdy_notice {
    int reader;
    int writer;
};

/* 0 or a negative errno; `notice` is written on success only. */
int rdy_notice_open(struct rdy_notice *notice);

/* Makes the reader readable. Any thread, and signal handlers: errno is left as it was. */
void rdy_notice_post(int writer);

/* Makes the reader unreadable again. */
void rdy_notice_drain(int reader);

void rdy_notice_close(const struct rdy_notice *notice);

#endif
