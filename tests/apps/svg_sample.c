/*
 * Draws a report that is written on standard input: "WALL SEQUENTIAL INTERRUPTED", then a line for each peer,
 * "OUTCOME PHASE STARTED SPENT SPENT SPENT SPENT SPENT SPENT TEXT", numbers all of them and times in ns.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/probe/svg/svg.h"

enum { PEERS_MOST = 10000, LINE_MOST = 1000 };

static peer peers[PEERS_MOST];
static char *texts[PEERS_MOST];
static struct result results[PEERS_MOST];

static int read_number(char **at, int64_t *number)
{
    char *from = *at;
    *number = strtoll(from, at, 10);
    return *at == from ? -1 : 0;
}

/* 0, or -1 if the line is none. */
static int read_peer(char *line, char **text, struct result *result)
{
    int64_t numbers[3 + PHASE_COUNT];
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (read_number(&line, &numbers[i]) != 0)
            return -1;
    *result = (struct result){
        .outcome = (enum outcome)numbers[0], .phase = (enum phase)numbers[1], .started_ns = numbers[2]};
    memcpy(result->spent_ns, numbers + 3, sizeof result->spent_ns);
    line[strcspn(line, "\n")] = '\0';
    *text = strdup(line + 1);
    return *text == NULL ? -1 : 0;
}

static int read_run(char *line, struct report *report)
{
    int64_t numbers[3];
    for (size_t i = 0; i < 3; i++)
        if (read_number(&line, &numbers[i]) != 0)
            return -1;
    report->wall_ns = numbers[0];
    report->sequential = numbers[1] != 0;
    report->interrupted = numbers[2] != 0;
    return 0;
}

int main(void)
{
    char line[LINE_MOST];
    peer_list list = {.peers = peers};
    struct report report = {
        .peers = &list, .results = results, .backend = "epoll", .mode = MODE_REQUEST, .peak = 1};
    if (fgets(line, sizeof line, stdin) == NULL || read_run(line, &report) != 0)
        return 2;
    while (list.count < PEERS_MOST && fgets(line, sizeof line, stdin) != NULL) {
        if (read_peer(line, &texts[list.count], &results[list.count]) != 0)
            return 2;
        peers[list.count].text = texts[list.count];
        list.count++;
    }
    report.peak = list.count;
    const int error = svg_write(&report, stdout);
    for (size_t i = 0; i < list.count; i++)
        free(texts[i]);
    return error == 0 && fflush(stdout) == 0 ? 0 : 1;
}
