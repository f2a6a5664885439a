#ifndef RDY_APPS_TRACKER_TRACKER_NOTE_H
#define RDY_APPS_TRACKER_TRACKER_NOTE_H

/* Says on stderr, in one line, something about a tracker, with no more of its URL than leaves room for that. */
void tracker_note(const char *url, const char *text);

#endif
