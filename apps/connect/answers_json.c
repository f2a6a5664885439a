#include "apps/connect/answers_json.h"

#include "apps/common/version.h"
#include "apps/connect/answer_record.h"

static void put_shards(struct json *json, const connect_arguments *arguments)
{
    json_open(json, "shards", '[');
    if (arguments->shard_count > 0) {
        json_open(json, NULL, '{');
        json_count(json, "index", arguments->shard);
        json_count(json, "count", arguments->shard_count);
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void put_run(struct json *json, const struct answers *answers, bool partial)
{
    json_count(json, "schema", ANSWER_SCHEMA);
    json_text(json, "program", "rdy-connect");
    json_text(json, "version", program_version());
    json_text(json, "backend", peer_connector_backend(answers->connector));
    json_text(json, "order", answers->arguments->connector.sequential ? "sequential" : "parallel");
    json_count(json, "at_once", peer_connector_peak(answers->connector));
    json_milliseconds(json, "wall_ms", rdy_clock_now() - answers->begun_ns);
    json_truth(json, "partial", partial);
    put_shards(json, answers->arguments);
    json_count(json, "peers_total", answers->roster.count);
    json_count(json, "connected", answers->tallies[0].count);
    json_count(json, "not_done", answers->roster.count - answers->roster.decided);
}

static void put_peers(struct json *json, const struct answers *answers)
{
    struct record record = {.format = RECORD_JSON};
    json_open(json, "peers", '[');
    record.json = *json;
    for (size_t i = 0; i < answers->roster.count; i++) {
        const size_t place = roster_at(&answers->roster, i);
        record_begin(&record);
        answer_record_put(&record, &answers->arguments->peers.peers[place], answers_outcome(answers, place),
                          answers->begun_ns);
        record_end(&record);
    }
    json_close(json, ']');
}

void answers_print_json(const struct answers *answers, FILE *file, bool partial)
{
    struct json json = {.file = file};
    json_open(&json, NULL, '{');
    put_run(&json, answers, partial);
    put_peers(&json, answers);
    json_close(&json, '}');
    (void)fputc('\n', file);
}
