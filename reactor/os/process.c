#include "reactor/os/process.h"

#include <pthread.h>
#include <stdbool.h>
#include <unistd.h>

#if defined(__linux__)
#include <sys/mman.h>
#endif

_Atomic(atomic_ulong *) rdy_process_page;

#if defined(__linux__) && defined(MADV_WIPEONFORK)

/*
 * The page is wiped on fork (madvise(2), Linux 4.14). The last mark is kept in ordinary memory, which the child
 * inherits, so that the child's own mark is one that its parent never had. Whether there is such a page is decided
 * once: marks of two kinds would not compare.
 */
static atomic_ulong last_mark;

/*
 * An emulator may say yes to any advice and follow none (qemu-user 7.2 does), so only a kernel that refuses advice that
 * nobody has defined is believed.
 */
static bool is_wiped_on_fork(void *fresh, size_t size)
{
    return madvise(fresh, size, -1) != 0 && madvise(fresh, size, MADV_WIPEONFORK) == 0;
}

static void map_page(void)
{
    const size_t size = (size_t)sysconf(_SC_PAGESIZE);
    void *fresh = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (fresh == MAP_FAILED)
        return;
    if (is_wiped_on_fork(fresh, size))
        atomic_store_explicit(&rdy_process_page, fresh, memory_order_release);
    else
        munmap(fresh, size);
}

unsigned long rdy_process_mark_slowly(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, map_page);
    atomic_ulong *mark = atomic_load_explicit(&rdy_process_page, memory_order_acquire);
    if (mark == NULL)
        return (unsigned long)getpid();
    unsigned long now = 0;
    unsigned long fresh = atomic_fetch_add(&last_mark, 1) + 1;
    return atomic_compare_exchange_strong(mark, &now, fresh) ? fresh : now;
}

#else

unsigned long rdy_process_mark_slowly(void)
{
    return (unsigned long)getpid();
}

#endif
