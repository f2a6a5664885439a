#ifndef RDY_BENCH_STORY_PROTOCOL_H
#define RDY_BENCH_STORY_PROTOCOL_H

/*
 * An exchange of three messages, which the servers of the story hold with each client:
 *
 *     client                            server
 *     HELLO X       ------------->
 *                   <-------------      HELLO Y          Y = X + 1
 *     HELLO Z       ------------->                       Z = Y + 1
 *                   <-------------      end of stream
 *
 * A message is "HELLO ", a decimal number without sign and without leading zeros, and '\n'; not one byte differs. X is
 * the client's choice from 0 to STORY_MOST. Nothing follows Z.
 *
 * After the right Z the server closes, so that the end of the stream proves to the client that its exchange is done.
 * All else the server answers with a reset: a wrong Z, a byte that no message may have there, a client's early end, and
 * an exchange that is not done STORY_DEADLINE_NS after the server has turned to its client.
 */

#include <stddef.h>
#include <stdint.h>

#define STORY_MOST        UINT32_C(999999999)
#define STORY_DEADLINE_NS INT64_C(10000000000)

/* Room for the longest message and its final NUL. */
#define STORY_LINE_MAX sizeof "HELLO 1000000001\n"

/* The server's side of one exchange: what it has heard so far. A zeroed one is at its beginning. */
typedef struct story_exchange {
    uint32_t asked;  /* X, once it is heard */
    uint32_t number; /* of the message that is being read */
    uint8_t place;   /* bytes of it that were read */
    uint8_t stage;
} story_exchange;

/* What some bytes have brought about; none of it: more has to come. */
#define STORY_ANSWER  1u /* X is there: the answer is due */
#define STORY_DONE    2u /* Z is right */
#define STORY_REFUSED 4u /* the client has broken the protocol, and whatever it says from now on is refused */

/* Takes the next bytes of a client, in pieces of any size. */
unsigned story_hear(story_exchange *exchange, const char *bytes, size_t size);

/* Writes "HELLO NUMBER\n" and a NUL; its length. The number is at most STORY_MOST + 2. */
size_t story_line(uint32_t number, char line[STORY_LINE_MAX]);

/* Writes the line that answers X, once that was heard; its length. */
size_t story_answer(const story_exchange *exchange, char line[STORY_LINE_MAX]);

#endif
