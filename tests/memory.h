#ifndef TESTS_MEMORY_H
#define TESTS_MEMORY_H

/*
 * Included before everything else where MemorySanitizer looks (.ci/run, stage memory): that of clang 14 does not know
 * stat(2) as glibc 2.33 and later have it, and takes what it fills in for uninitialized.
 */

#include <string.h>
#include <sys/stat.h>

#define fstat(fd, status)   (memset((status), 0, sizeof *(status)), fstat((fd), (status)))
#define lstat(path, status) (memset((status), 0, sizeof *(status)), lstat((path), (status)))
#define stat(path, status)  (memset((status), 0, sizeof *(status)), stat((path), (status)))

#endif
