#ifndef RDY_TESTS_HOSTILE_PLAN_H
#define RDY_TESTS_HOSTILE_PLAN_H

#include <stdbool.h>
#include <stdint.h>

/* What clients are like. */
enum role {
    ROLE_STEADY,      /* one message after another, until the run ends */
    ROLE_POLITE,      /* some messages, then it shuts its side down and reads to the end */
    ROLE_HALF_CLOSER, /* sends all it has while it reads, shuts its side down, reads to the end */
    ROLE_SLOW_SENDER, /* a byte now and then */
    ROLE_SLOW_READER, /* stops reading after a byte while it sends on; then it reads all, or goes */
    ROLE_VANISHER,    /* goes in the middle of it */
    ROLE_IDLER,       /* says nothing, or one byte, and stays for a while */
    ROLE_STORMER,     /* connects and goes */
    ROLE_STUCK,       /* a slow reader that stays until the run ends */
    ROLE_PARKED,      /* an idler that stays until the run ends */
    ROLE_MIX,         /* each life another of those above, but for the ones that stay */
    ROLES,
};

/* How a client goes. */
enum farewell {
    FAREWELL_END,     /* shuts its side down and reads all: what was sent must have come back */
    FAREWELL_CLOSE,   /* closes: a FIN, or a reset when bytes are unread */
    FAREWELL_RESET,   /* a reset, whatever is unread or unsent */
    FAREWELL_SILENCE, /* is gone, and no packet tells so */
};

#define PLAN_NO_LIMIT UINT64_MAX
#define PLAN_FOR_EVER UINT32_MAX

/* One life of a client, from connect to farewell. */
struct plan {
    enum role role;
    enum farewell farewell;
    uint64_t key;         /* of its contents (bench/load/content.h) */
    uint64_t total;       /* bytes to send, if they are taken */
    uint64_t window;      /* bytes that may be on their way: it waits for the echo of the others */
    uint64_t appetite;    /* bytes it reads before it holds */
    uint32_t piece;       /* bytes a write */
    uint32_t gap_ms;      /* between two pieces */
    uint32_t hold_ms;     /* once all is sent, or nothing more is taken */
    uint32_t patience_ms; /* for the connection */
    bool narrow;          /* its own kernel takes little, so that the server's buffers fill up sooner */
};

/* The plan of a client's `life`: the same for the same seed, client and life, whatever happened before. */
struct plan plan_make(uint64_t seed, uint32_t client, uint32_t life, enum role role);

/* The role of that name, or ROLES. */
enum role plan_role(const char *name);
const char *plan_role_name(enum role role);

#endif
