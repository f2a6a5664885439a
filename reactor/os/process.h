#ifndef RDY_REACTOR_OS_PROCESS_H
#define RDY_REACTOR_OS_PROCESS_H

#include <stdatomic.h>
#include <stddef.h>

/* A page that the kernel shows to a child as zeros, with the mark at its beginning; NULL before there is one. */
extern _Atomic(atomic_ulong *) rdy_process_page;

/* Makes the mark, or asks for it where no page can be had. */
unsigned long rdy_process_mark_slowly(void);

/*
 * A number that is another one after fork(2) in the child: what was made under one number must not be used
 * under another. Costs two loads where the kernel can wipe a page on fork, else getpid(2). Any thread.
 */
static inline unsigned long rdy_process_mark(void)
{
    atomic_ulong *page = atomic_load_explicit(&rdy_process_page, memory_order_acquire);
    const unsigned long mark = page == NULL ? 0 : atomic_load_explicit(page, memory_order_relaxed);
    return mark != 0 ? mark : rdy_process_mark_slowly();
}

#endif
