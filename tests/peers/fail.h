#ifndef STORY_PEERS_FAIL_H
#define STORY_PEERS_FAIL_H

/*
 * Says what failed, with errno's sentence, and exits with 1. A set of peers of which some are not what they
 * are said to be would blame the program under test, so every local fault ends here.
 */
_Noreturn void fail(const char *what);

#endif
