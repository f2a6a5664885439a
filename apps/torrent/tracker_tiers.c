#include "apps/torrent/tracker_tiers.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static bool is_space(char character)
{
    return strchr(" \t\r\n\v\f", character) != NULL && character != '\0';
}

static bool is_url(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)text[i] <= ' ' || text[i] == 0x7F)
            return false;
    return length > 0;
}

static bool contains(const struct tracker_tiers *tiers, const char *url, size_t length)
{
    for (size_t i = 0; i < tiers->count; i++)
        if (strncmp(tiers->trackers[i].url, url, length) == 0 && tiers->trackers[i].url[length] == '\0')
            return true;
    return false;
}

static int insert(struct tracker_tiers *tiers, size_t tier, char *url)
{
    struct tracker *trackers = realloc(tiers->trackers, (tiers->count + 1) * sizeof *trackers);
    if (trackers == NULL)
        return -ENOMEM;
    tiers->trackers = trackers;
    size_t place = tiers->count++;
    for (; place > 0 && trackers[place - 1].tier > tier; place--)
        trackers[place] = trackers[place - 1];
    trackers[place] = (struct tracker){url, tier};
    return 0;
}

int tracker_tiers_add(struct tracker_tiers *tiers, size_t tier, const char *url, size_t length)
{
    for (; length > 0 && is_space(url[0]); length--)
        url++;
    while (length > 0 && is_space(url[length - 1]))
        length--;
    if (!is_url(url, length))
        return -EINVAL;
    if (contains(tiers, url, length))
        return 0;
    if (tiers->count == TRACKER_TIERS_MAX)
        return -E2BIG;
    char *copy = strndup(url, length);
    const int error = copy == NULL ? -ENOMEM : insert(tiers, tier, copy);
    if (error < 0)
        free(copy);
    return error;
}

int tracker_tiers_append(struct tracker_tiers *tiers, const struct tracker_tiers *more)
{
    const size_t first = tiers->count == 0 ? 0 : tiers->trackers[tiers->count - 1].tier + 1;
    int error = 0;
    for (size_t i = 0; i < more->count && error == 0; i++) {
        const struct tracker *tracker = &more->trackers[i];
        error = tracker_tiers_add(tiers, first + tracker->tier, tracker->url, strlen(tracker->url));
    }
    return error;
}

/* Fisher and Yates: each place gets one of those that are left. */
static void shuffle(struct tracker *trackers, size_t count, uint32_t (*random)(void *context), void *context)
{
    for (; count > 1; count--) {
        const size_t chosen = (size_t)((uint64_t)random(context) * count >> 32);
        const struct tracker last = trackers[count - 1];
        trackers[count - 1] = trackers[chosen];
        trackers[chosen] = last;
    }
}

void tracker_tiers_shuffle(struct tracker_tiers *tiers, uint32_t (*random)(void *context), void *context)
{
    for (size_t first = 0, next; first < tiers->count; first = next) {
        for (next = first + 1; next < tiers->count; next++)
            if (tiers->trackers[next].tier != tiers->trackers[first].tier)
                break;
        shuffle(tiers->trackers + first, next - first, random, context);
    }
}

void tracker_tiers_free(struct tracker_tiers *tiers)
{
    if (tiers == NULL)
        return;
    for (size_t i = 0; i < tiers->count; i++)
        free(tiers->trackers[i].url);
    free(tiers->trackers);
    *tiers = (struct tracker_tiers){0};
}
