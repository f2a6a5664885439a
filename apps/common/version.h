#ifndef RDY_APPS_COMMON_VERSION_H
#define RDY_APPS_COMMON_VERSION_H

/* The version alone, a static string: "0.1.0". */
const char *program_version(void);

/* What --version answers on stdout: "rdy-echo 0.1.0, backends: epoll, select". */
void print_version(void);

#endif
