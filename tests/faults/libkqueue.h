#ifndef TESTS_FAULTS_LIBKQUEUE_H
#define TESTS_FAULTS_LIBKQUEUE_H

/* What libkqueue, which stands in for kqueue(2) on Linux, does in another way than a kernel. */

#include <stdbool.h>

/* Its thread, and the descriptors of that, stay from now on: they come with the first kqueue and go with the last. */
void libkqueue_begin(void);

/* Whether it may be in this process, and so end what belongs to a kqueue a while after that was closed. */
bool libkqueue_is_late(void);

/* Why a scenario cannot pass over it; NULL if it can, and for the other backends. */
const char *libkqueue_lack(const char *scenario);

#endif
