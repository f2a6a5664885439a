#ifndef RDY_APPS_COMMON_EXIT_CODES_H
#define RDY_APPS_COMMON_EXIT_CODES_H

/* What the programs exit with; --help of each names the ones it uses. */
enum {
    EXIT_OK = 0,      /* done; for probe and connect: at least one peer was ok */
    EXIT_NONE_OK = 1, /* done, but no peer was ok */
    EXIT_USAGE = 2,   /* a wrong option or argument */
    EXIT_INPUT = 3,   /* a bad address, line or file; a listener that could not be opened */
    EXIT_SYSTEM = 4,  /* the system failed: no memory, no poll, output not written; no peer could be tried */
    EXIT_CANNOT_RUN = 126,  /* a command could not be run */
    EXIT_NO_COMMAND = 127,  /* there is no such command */
    EXIT_INTERRUPTED = 130, /* ended by SIGINT or SIGTERM; what was known has been printed */
};

#endif
