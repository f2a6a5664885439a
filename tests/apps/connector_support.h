#ifndef RDY_TESTS_APPS_CONNECTOR_SUPPORT_H
#define RDY_TESTS_APPS_CONNECTOR_SUPPORT_H

#include <stddef.h>

#include "apps/common/peer_list.h"
#include "apps/connect/peer_connector.h"
#include "tests/suite.h"

/* One peer connector under test, and peers of every kind for it. */

enum {
    PEERS_MAX = 64,
    DESCRIPTORS = 1024,
};

#define SHORT_TIMEOUT (300 * RDY_MILLISECOND)

extern peer_list peers;
extern peer_connector_options options;
extern peer_connector *connector;

/* Adds the tests with a fixture that opens nothing, gives peers 10 s, and closes all at the end. */
void add_connector_case(Suite *suite, const char *name, const TTest *const *tests, int rounds);

/* Adds a peer: as text, by its name, as an address, where somebody listens, where nobody does, where nobody answers. */
void add_text(const char *text);
void add_name(const char *name, uint16_t port);
void add_address(const rdy_address *address);
int add_good(void);
int add_refusing(void);
int add_silent(void);

/* A listener where "localhost" leads to, and the peer of that name. */
void add_localhost(rdy_address *address);

/* A listener on 127.0.0.1 that is no peer yet. */
int listen_on_loopback(int backlog, rdy_address *address);

/* Listeners that are no peers yet: one that answers, one that does not before somebody accepts. */
int listen_well_at(const char *host, uint16_t port);
int listen_silently_at(const char *host, uint16_t port);

void open_connector(void);

/* The place of the next peer, whose stream is closed. */
size_t next_peer(void);
void expect_no_more(void);
const char *word_of(size_t index);

void use_backend(int index);
int backend_count(void);
size_t open_descriptors(void);

#endif
