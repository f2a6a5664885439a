#ifndef RDY_APPS_COMMON_VERSION_H
#define RDY_APPS_COMMON_VERSION_H

/* What --version answers on stdout: "rdy-echo 0.1.0, backends: epoll, select". */
void print_version(void);

#endif
