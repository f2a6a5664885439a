#include "apps/tracker/tracker_note.h"

#include <string.h>

#include "apps/common/option.h"

enum { URL_SHOWN_MAX = 200 };

void tracker_note(const char *url, const char *text)
{
    const char *rest = strlen(url) > URL_SHOWN_MAX ? "..." : "";
    complain("tracker %.*s%s: %s", (int)URL_SHOWN_MAX, url, rest, text);
}
