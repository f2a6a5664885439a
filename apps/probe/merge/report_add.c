#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "apps/probe/merge/report_read.h"

static void take_over(struct read_report *sum, struct read_report *other)
{
    *sum = *other;
    sum->report.peers = &sum->peers;
    *other = (struct read_report){.backend = NULL};
}

/* The results stand beside the peers. */
static int add_peers(struct read_report *sum, struct read_report *other)
{
    const size_t count = sum->peers.count + other->peers.count;
    peer *peers = realloc(sum->peers.peers, (count + 1) * sizeof *peers);
    if (peers == NULL)
        return -ENOMEM;
    sum->peers.peers = peers;
    struct result *results = realloc(sum->report.results, (count + 1) * sizeof *results);
    if (results == NULL)
        return -ENOMEM;
    sum->report.results = results;
    memcpy(peers + sum->peers.count, other->peers.peers, other->peers.count * sizeof *peers);
    memcpy(results + sum->peers.count, other->report.results, other->peers.count * sizeof *results);
    sum->peers.count = count;
    other->peers.count = 0; /* their texts are ours now */
    return 0;
}

static int add_shards(struct report *sum, struct read_report *owner, const struct report *other)
{
    const size_t count = sum->shard_count + other->shard_count;
    struct report_shard *shards = realloc(owner->shards, (count + 1) * sizeof *shards);
    if (shards == NULL)
        return -ENOMEM;
    memcpy(shards + sum->shard_count, other->shards, other->shard_count * sizeof *shards);
    owner->shards = shards;
    sum->shards = shards;
    sum->shard_count = count;
    return 0;
}

static void add_run(struct report *sum, const struct report *other)
{
    if (strcmp(sum->backend, other->backend) != 0)
        sum->backend = "mixed";
    if (strcmp(other->begun, sum->begun) < 0)
        memcpy(sum->begun, other->begun, sizeof sum->begun);
    if (other->wall_ns > sum->wall_ns)
        sum->wall_ns = other->wall_ns;
    sum->sequential = sum->sequential && other->sequential;
    sum->interrupted = sum->interrupted || other->interrupted;
    sum->peak += other->peak;
}

int report_add(struct read_report *sum, struct read_report *other)
{
    if (sum->report.peers == NULL) {
        take_over(sum, other);
        return 0;
    }
    if (sum->report.mode != other->report.mode)
        return -EINVAL;
    add_run(&sum->report, &other->report);
    if (add_shards(&sum->report, sum, &other->report) < 0 || add_peers(sum, other) < 0)
        return -ENOMEM;
    return summary_merge(&sum->summary, &other->summary);
}

void report_read_free(struct read_report *read)
{
    for (size_t i = 0; i < read->peers.count; i++)
        free((char *)read->peers.peers[i].text);
    free(read->peers.peers);
    free(read->report.results);
    free(read->shards);
    free(read->backend);
    summary_free(&read->summary);
    *read = (struct read_report){.backend = NULL};
}
