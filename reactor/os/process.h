#ifndef RDY_REACTOR_OS_PROCESS_H
#define RDY_REACTOR_OS_PROCESS_H

/*
 * A number that is another one after fork(2) in the child: what was made under one number must not be used
 * under another. Costs a load where the kernel can wipe a page on fork, else getpid(2). Any thread.
 */
unsigned long rdy_process_mark(void);

#endif
