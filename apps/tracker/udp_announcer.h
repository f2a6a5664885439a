#ifndef RDY_APPS_TRACKER_UDP_ANNOUNCER_H
#define RDY_APPS_TRACKER_UDP_ANNOUNCER_H

#include "apps/tracker/round.h"

/*
 * Announces by UDP (BEP 15, BEP 41). All addresses of the tracker's name are asked for a connection at once, and of each
 * family the first that gives one is announced to; the others are left alone. Once one family has answered the other
 * has 2 s more. What is not answered is sent again after 1 s, 2 s, 4 s, ... (BEP 15 begins with 15 s, which is fit for
 * who stays).
 */
struct udp_announcer;

/* For one round. 0 or a negative errno. */
int udp_announcer_open(struct round *round, struct udp_announcer **out);

/* NULL, and the round will hear of it; or why the tracker cannot be asked, valid until the next call. */
const char *udp_announcer_start(struct udp_announcer *announcer, struct target *target);

/* Breaks off this one, of which the round does not hear any more. Whether it was under way. */
bool udp_announcer_cancel(struct udp_announcer *announcer, const struct target *target);

/* Breaks off what is under way, of which the round does not hear. NULL is fine. */
void udp_announcer_close(struct udp_announcer *announcer);

#endif
