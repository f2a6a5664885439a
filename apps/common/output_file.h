#ifndef RDY_APPS_COMMON_OUTPUT_FILE_H
#define RDY_APPS_COMMON_OUTPUT_FILE_H

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>

/* Where a program writes what it has found: the standard output, or a file. Zeroed until it is opened. */
struct output_file {
    FILE *file;
    const char *path; /* as it was given; NULL for the standard output */
    char *target;     /* what `temporary` is to become, NULL if the file is written in its place */
    char *temporary;
    sigset_t signals; /* that were blocked before there was a temporary file */
    int error;        /* the first negative errno of output_file_flush */
};

/* How the file comes to be. */
enum output_way {
    /*
     * Under another name beside it, and put in its place when it is closed: all or nothing. For what is written at one
     * go: signals that would end the program wait until then, so that it leaves nothing behind. A file in a folder
     * that takes no other one is written in its place. A link stays: what it leads to is made or replaced.
     */
    OUTPUT_WHOLE,
    OUTPUT_AS_COMES, /* in its place, so that a reader can follow it */
};

/*
 * Opens the file of that path for writing; NULL or "-" is the standard output. What is there and is not a
 * regular file, such as a pipe or a device, is written to as it is. The path is borrowed until it is closed.
 * 0, or a negative errno that has been reported on stderr.
 */
int output_file_open(const char *path, enum output_way way, struct output_file *output);

/* Whether it could be opened, before there is something to write; nothing is changed. As output_file_open. */
int output_file_try(const char *path);

/* Writes out what was printed to it: whether all until now was taken. If not, closing it says why. */
bool output_file_flush(struct output_file *output);

/*
 * Writes out what was printed to it and closes it: whether all of it was taken. If not, the old file stays, and
 * it is said why in one line on stderr, unless its reader has gone away. The standard output stays open. Fine for
 * a zeroed one.
 */
bool output_file_close(struct output_file *output);

/* Closes it unfinished, when what was to be printed could not be: the old file stays. Fine for a zeroed one. */
void output_file_abandon(struct output_file *output);

#endif
