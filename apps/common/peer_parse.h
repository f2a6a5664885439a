#ifndef RDY_APPS_COMMON_PEER_PARSE_H
#define RDY_APPS_COMMON_PEER_PARSE_H

#include <stdint.h>

#include "apps/common/peer_list.h"

/*
 * Reads one peer as peer_list_add takes it, but for its text. 0 on success, and the host is the caller's to
 * free; -ERANGE for a port out of 1 to 65535, -EINVAL for other text, -ENOMEM.
 */
int peer_parse(const char *text, uint16_t default_port, peer *entry);

/* For a message, what was expected where peer_parse gave that error; NULL for an error that is not of the text. */
const char *peer_parse_expected(int error, uint16_t default_port);

#endif
