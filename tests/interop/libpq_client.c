/*
 * Connects by way of a host that refuses and of TLS that the server refuses, connects with TLS; takes 30 000 rows as a
 * whole and one by one; sends a parameter of 8 000 000 bytes.
 *   libpq_client MODE REFUSING-PORT SERVER-PORT
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <reactor/clock.h>

#include "client.h"
#include "libpq_on_rdy.h"

enum { ROWS = 30000, PARAMETER_SIZE = 8000000 };

static struct loop loop;
static int left; /* results, and the end of each query, that have not come */
static int rows;
static uint32_t sum;

static void take(const PGresult *result)
{
    const ExecStatusType status = PQresultStatus(result);
    must(status == PGRES_TUPLES_OK || status == PGRES_SINGLE_TUPLE, PQresultErrorMessage(result));
    for (int row = 0; row < PQntuples(result); row++, rows++)
        for (int column = 0; column < PQnfields(result); column++)
            sum = client_checksum(sum, PQgetvalue(result, row, column),
                                  (size_t)PQgetlength(result, row, column));
}

/* A query ends with a result that is none. */
static void on_ready(struct libpq_on_rdy *postgres)
{
    must(PQstatus(postgres->connection) == CONNECTION_OK, PQerrorMessage(postgres->connection));
    while (left > 0 && !PQisBusy(postgres->connection)) {
        PGresult *result = PQgetResult(postgres->connection);
        if (result == NULL)
            left--;
        else
            take(result);
        PQclear(result);
    }
}

/* Tells sockets apart, also those that have the same number one after another. */
static ino_t socket_of(const struct libpq_on_rdy *postgres)
{
    struct stat status;
    must(fstat(PQsocket(postgres->connection), &status) == 0, "libpq has a socket");
    return status.st_ino;
}

static void connect_by(const char *scenario, const char *words, struct libpq_on_rdy *postgres)
{
    const int64_t started = rdy_clock_now();
    char result[64];
    must(libpq_on_rdy_open(&loop, words, on_ready, NULL, postgres) == 0, "libpq begins to connect");
    ino_t known = socket_of(postgres);
    int sockets = 1;
    while (postgres->connecting) {
        must(loop_turn(&loop, 60 * RDY_SECOND) > 0, "nothing stalls");
        sockets += socket_of(postgres) != known;
        known = socket_of(postgres);
    }
    snprintf(result, sizeof result, "%s TLS, sockets: %d",
             PQsslInUse(postgres->connection) ? "with" : "without", sockets);
    client_report(scenario, "1 connection", result, started);
}

/* Waits for the results of the query that was begun at that time. */
static void finish(const char *scenario, const char *amount, struct libpq_on_rdy *postgres, int64_t started)
{
    char result[32];
    rows = 0;
    sum = 1;
    left = 1;
    libpq_on_rdy_flush(postgres);
    client_finish(&loop, &left);
    snprintf(result, sizeof result, "%d rows, %08x", rows, (unsigned)sum);
    client_report(scenario, amount, result, started);
}

static void query_rows(const char *scenario, bool one_by_one, struct libpq_on_rdy *postgres)
{
    const int64_t started = rdy_clock_now();
    char query[96];
    snprintf(query, sizeof query, "SELECT i, md5(i::text) FROM generate_series(1, %d) AS i", ROWS);
    must(PQsendQuery(postgres->connection, query) == 1, PQerrorMessage(postgres->connection));
    must(!one_by_one || PQsetSingleRowMode(postgres->connection) == 1, "single-row mode");
    finish(scenario, "30 000 rows", postgres, started);
}

/* More than the kernel takes at once. */
static void send_parameter(const char *scenario, struct libpq_on_rdy *postgres)
{
    char *parameter = malloc(PARAMETER_SIZE + 1);
    must(parameter != NULL, "memory");
    memset(parameter, 'x', PARAMETER_SIZE);
    parameter[PARAMETER_SIZE] = '\0';
    const char *const values[] = {parameter};
    const int64_t started = rdy_clock_now();
    must(PQsendQueryParams(postgres->connection, "SELECT length($1), md5($1)", 1, NULL, values, NULL, NULL,
                           0) == 1,
         PQerrorMessage(postgres->connection));
    free(parameter);
    finish(scenario, "8 000 000 bytes", postgres, started);
}

static void on_ready_or_lost(struct libpq_on_rdy *postgres)
{
    if (PQstatus(postgres->connection) == CONNECTION_BAD)
        left = 0;
}

/* The server ends the connection; what is asked for then fails. */
static void lose_server(const char *scenario, struct libpq_on_rdy *postgres)
{
    const int64_t started = rdy_clock_now();
    postgres->ready = on_ready_or_lost;
    left = 1;
    must(PQsendQuery(postgres->connection, "SELECT pg_terminate_backend(pg_backend_pid())") == 1,
         PQerrorMessage(postgres->connection));
    libpq_on_rdy_flush(postgres);
    client_finish(&loop, &left);
    must(PQsendQuery(postgres->connection, "SELECT 1") == 0, "nothing can be asked any more");
    libpq_on_rdy_flush(postgres);
    client_report(scenario, "1 connection", "lost", started);
}

static bool is_connected(const void *context)
{
    const struct libpq_on_rdy *postgres = context;
    return PQstatus(postgres->connection) == CONNECTION_OK;
}

/* The last step of connecting gets no watch, and neither does the first query; the second does. */
static void connect_without_watch(const char *words)
{
    const int64_t started = rdy_clock_now();
    struct libpq_on_rdy postgres;
    int count = 0;
    client_refuses = is_connected;
    must(libpq_on_rdy_open(&loop, words, on_ready, NULL, &postgres) == 0, "libpq begins to connect");
    while (postgres.connecting)
        count = loop_turn(&loop, 60 * RDY_SECOND);
    must(count == -ENOMEM, "the loop tells what failed");
    libpq_on_rdy_flush(&postgres);
    client_refuses = NULL;
    loop.error = 0;
    client_report("connected without a watch", "1 connection", "told", started);
    query_rows("rows after that", false, &postgres);
    libpq_on_rdy_close(&postgres);
}

int main(int argc, char **argv)
{
    struct libpq_on_rdy postgres;
    char words[256];
    must(argc == 4, "arguments");
    client_open(argv[1], &loop);
    snprintf(words, sizeof words,
             "hostaddr=127.0.0.1,127.0.0.1 port=%s,%s user=rdy dbname=postgres sslmode=prefer", argv[2],
             argv[3]);
    connect_by("refused, then TLS refused", words, &postgres);
    query_rows("rows", false, &postgres);
    query_rows("rows one by one", true, &postgres);
    send_parameter("parameter", &postgres);
    lose_server("server closes", &postgres);
    libpq_on_rdy_close(&postgres);
    snprintf(words, sizeof words, "hostaddr=127.0.0.1 port=%s user=rdy dbname=template1 sslmode=require",
             argv[3]);
    connect_by("TLS", words, &postgres);
    query_rows("rows over TLS", false, &postgres);
    query_rows("rows one by one over TLS", true, &postgres);
    send_parameter("parameter over TLS", &postgres);
    lose_server("server closes over TLS", &postgres);
    libpq_on_rdy_close(&postgres);
    connect_without_watch(words);
    client_close(&loop);
    return 0;
}
