#ifndef RDY_APPS_COMMON_PEER_PARSE_H
#define RDY_APPS_COMMON_PEER_PARSE_H

#include <stdbool.h>
#include <stdint.h>

#include "apps/common/peer_list.h"

/*
 * Reads one peer as peer_list_add takes it, but for its text. 0 on success, and the host is the caller's to
 * free; -ERANGE for a port out of 1 to 65535, -EINVAL for other text, -ENOMEM.
 */
int peer_parse(const char *text, uint16_t default_port, peer *entry);

/* The part of it that reads an address; false for other text. The address is unmapped (unmapped.h). */
bool peer_parse_address(const char *text, uint16_t default_port, rdy_address *address);

/* Whether the text is HOST:NUMBER with a number that is no port. */
bool peer_parse_is_port_out_of_range(const char *text);

/*
 * For a message, what was expected where peer_list_add gave that error for the text; NULL for an error that is
 * not the text's.
 */
const char *peer_parse_expected(int error, const char *text, uint16_t default_port);

#endif
