"""What each call may fail with, by its manual page (Linux, section 2 or 3), most telling first.

Left out is what only a wrong argument gives (EBADF, EFAULT, EINVAL, ENOTSOCK), and EAGAIN where it says that nothing
was ready: on a descriptor that is ready no kernel says so, and who waits for an edge waits for ever.
"""

MEMORY = ["ENOMEM"]
DESCRIPTORS = ["EMFILE", "ENFILE", "ENOMEM"]
RECEIVING = ["ECONNRESET", "EINTR", "ENOMEM", "ETIMEDOUT", "ENOBUFS"]
SENDING = ["EPIPE", "EINTR", "ECONNRESET", "ENOBUFS", "ENOMEM"]
MISSING = ["ENOSYS"]  # on an older kernel, or by a filter
PATHS = ["EACCES", "ENOMEM", "EIO"]
ENTRIES = ["EMFILE", "EIO", "ENFILE", "ENOMEM"]  # of users and groups, which are in files
DISK = ["ENOSPC", "EIO", "EDQUOT"]

ERRORS = {
    "accept": ["EMFILE", "ECONNABORTED", "EINTR", "ENFILE", "ENOBUFS", "ENOMEM", "EPERM", "EPROTO", "ENETDOWN"],
    "access": PATHS,
    "aligned_alloc": MEMORY,
    "bind": ["EADDRINUSE", "EACCES", "EADDRNOTAVAIL", "ENOMEM"],
    "calloc": MEMORY,
    "close": ["EINTR", "EIO", "ENOSPC"],
    "connect": ["EADDRNOTAVAIL", "EINTR:done", "ECONNREFUSED", "ETIMEDOUT", "ENETUNREACH", "EHOSTUNREACH", "EACCES",
                "EPERM", "EAGAIN", "EADDRINUSE", "ENOBUFS"],
    "dup2": ["EBUSY", "EINTR"],
    "epoll_create1": DESCRIPTORS + MISSING,
    "epoll_ctl": ["ENOSPC", "ENOMEM"],
    "epoll_pwait": ["EINTR"],
    "epoll_pwait2": ["EINTR"] + MISSING,
    "epoll_wait": ["EINTR"],
    "eventfd": DESCRIPTORS + ["ENODEV"] + MISSING,
    "execvp": ["ENOENT", "EACCES", "ENOMEM", "ETXTBSY", "EMFILE"],
    "fchmod": ["EPERM", "EIO", "EROFS"],
    "fchown": ["EPERM", "EIO", "EROFS"],
    "fclose": DISK,
    "fdopen": MEMORY,
    "fflush": DISK + ["EPIPE"],
    "fopen": ["EMFILE", "EACCES", "ENOENT", "ENOMEM"],
    "fread": ["EIO"],
    "fstat": ["ENOMEM"],
    "ftruncate": ["EINTR", "EIO", "EFBIG"],
    "getaddrinfo": ["EMFILE", "ENOMEM"],
    "getgrnam": ENTRIES,
    "getgrouplist": MEMORY,
    "getpwnam": ENTRIES,
    "getpwuid": ENTRIES,
    "getentropy": ["EIO", "ENOSYS"],
    "getifaddrs": ["ENOMEM", "EMFILE", "ENOBUFS"],
    "getpeername": ["ENOBUFS"],
    "getsockname": ["ENOBUFS"],
    "getsockopt": ["ENOBUFS"],
    "if_nametoindex": ["EMFILE", "ENOBUFS"],
    "initgroups": ["EPERM", "ENOMEM"],
    "listen": ["EADDRINUSE"],
    "lstat": PATHS,
    "malloc": MEMORY,
    "mkdir": DISK + ["EACCES", "ENOMEM"],
    "madvise": ["EAGAIN"],
    "mmap": ["ENOMEM", "EAGAIN", "ENFILE"],
    "munmap": MEMORY,
    "open": ["EMFILE", "EACCES", "ENFILE", "ENOMEM", "ENOSPC", "EROFS"],
    "opendir": DESCRIPTORS,
    "pipe2": ["EMFILE", "ENFILE"] + MISSING,
    "poll": ["EINTR", "ENOMEM"],
    "posix_memalign": MEMORY,
    "prctl": ["EINVAL"],
    "pread": ["EIO", "EINTR"],
    "pthread_create": ["EAGAIN"],
    "pthread_mutex_init": ["ENOMEM"],
    "pwrite": ["ENOSPC", "EINTR", "EIO", "EFBIG", "1"],
    "read": ["EINTR"],
    "readlink": PATHS,
    "readv": RECEIVING,
    "realloc": MEMORY,
    "recv": RECEIVING,
    "recvfrom": RECEIVING,
    "recvmsg": RECEIVING,
    "rename": DISK + ["EACCES", "ENOMEM"],
    "rmdir": ["EBUSY", "ENOMEM"],
    "select": ["EINTR", "ENOMEM"],
    "send": SENDING,
    "sendmsg": SENDING,
    "sendto": SENDING,
    "setenv": MEMORY,
    "seteuid": ["EPERM"],
    "setgid": ["EPERM"],
    "setgroups": ["EPERM", "ENOMEM"],
    "setrlimit": ["EPERM"],
    "setuid": ["EAGAIN", "EPERM", "ENOMEM"],
    "setsockopt": ["ENOMEM", "ENOBUFS"],
    "shutdown": ["ENOTCONN"],
    "signalfd": DESCRIPTORS + ["ENODEV"],
    "socket": DESCRIPTORS + ["ENOBUFS", "EACCES"],
    "stat": PATHS,
    "strdup": MEMORY,
    "strndup": MEMORY,
    "timerfd_create": DESCRIPTORS + ["ENODEV"],
    "unlink": ["EACCES", "EBUSY", "EIO"],
    "write": ["EINTR"],
    "writev": SENDING,
}
ERRORS["accept4"] = ERRORS["accept"] + MISSING

# What fails for wrong arguments alone.
WRONG_ARGUMENTS = {
    "clock_gettime", "closedir", "getrlimit", "pthread_sigmask", "raise", "readdir", "sigaction",
    "sigaltstack", "signal", "sigpending", "sysconf",
}
# What says by its failure that something is no terminal, which is no fault.
QUESTIONS = {"ioctl", "isatty", "ttyname"}
# What is many calls in one: of these some ask, and their failure would be a lie about what the kernel holds (fcntl,
# F_GETFD: the descriptor is closed). What the library makes by syscall(2) is counted under its own name.
MANY_IN_ONE = {"fcntl", "syscall"}
# Which by its manual page may lack memory, and by Linux never does, for it only frees. The library is tried with it; a
# program that is to go on without what it took off can do nothing about it.
GIVING_BACK = {"epoll_ctl_del"}
NEVER_FAIL = GIVING_BACK | WRONG_ARGUMENTS | QUESTIONS | MANY_IN_ONE
