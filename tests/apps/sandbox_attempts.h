#ifndef RDY_TESTS_APPS_SANDBOX_ATTEMPTS_H
#define RDY_TESTS_APPS_SANDBOX_ATTEMPTS_H

/* What a confined process tries, and whether it may. */

enum { DONE = 0, KILLED = 256 };

typedef struct attempt {
    const char *name;
    long (*make)(void); /* NULL: it is the call with this number, and the arguments 0 */
    long number;
    unsigned needs;
    int expected; /* DONE, KILLED or the errno that the call fails with */
} attempt;

extern const attempt attempts[];
extern const int attempt_count;

/* What a confined process may hold from before; a fixture of libcheck. */
void open_all(void);
void close_all(void);

extern int ends[2]; /* of a stream that is open then */

/* One of the attempts, of those that nobody may. */
long open_file(void);

#endif
