#include "apps/probe/merge/merge.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "apps/common/exit_codes.h"
#include "apps/common/option.h"
#include "apps/common/standard_output.h"
#include "apps/probe/merge/report_read.h"
#include "apps/probe/merge/shards.h"
#include "apps/probe/report/report_output.h"
#include "reactor/error.h"

static const char help[] =
    "Usage: rdy-probe merge [OPTION]... REPORT...\n"
    "\n"
    "Adds up what several runs of rdy-probe --json have found, as if one had probed all their peers, and "
    "prints\n"
    "it. '-' stands for standard input. Counts, sums and percentiles are those of all peers together.\n"
    "\n"
    "  --json               one JSON object instead of the table, which can be merged again\n"
    "  --ndjson, --csv      a line for each peer instead\n"
    "  -v, --verbose        each peer before the table\n"
    "  -o, --report FILE    to FILE, which is there whole or not at all\n"
    "  -h, --help\n"
    "\n"
    "Exit codes: 0 done, 2 wrong option, 3 a report that cannot be read or is of another mode, 4 the system\n"
    "failed or the output was not taken.\n";

enum {
    OPTION_JSON = UCHAR_MAX + 1,
    OPTION_NDJSON,
    OPTION_CSV,
    GO_ON = -1,
};

static const struct option known_options[] = {
    {"json", no_argument, NULL, OPTION_JSON},
    {"ndjson", no_argument, NULL, OPTION_NDJSON},
    {"csv", no_argument, NULL, OPTION_CSV},
    {"verbose", no_argument, NULL, 'v'},
    {"report", required_argument, NULL, 'o'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

struct arguments {
    enum report_format format;
    const char *output;
};

static int read_option(int found, const char *word, struct arguments *arguments)
{
    switch (found) {
    case OPTION_JSON:
        arguments->format = REPORT_JSON;
        break;
    case OPTION_NDJSON:
        arguments->format = REPORT_NDJSON;
        break;
    case OPTION_CSV:
        arguments->format = REPORT_CSV;
        break;
    case 'v':
        arguments->format = REPORT_VERBOSE_TABLE;
        break;
    case 'o':
        arguments->output = optarg;
        break;
    case 'h':
        fputs(help, stdout);
        return flush_output() ? EXIT_OK : EXIT_SYSTEM;
    default:
        option_report_wrong(known_options, word);
        return EXIT_USAGE;
    }
    return GO_ON;
}

static int read_arguments(int argc, char **argv, struct arguments *arguments)
{
    int code = GO_ON;
    int found;
    while (code == GO_ON && (found = getopt_long(argc, argv, ":o:vh", known_options, NULL)) != -1)
        code = read_option(found, argv[optind - 1], arguments);
    if (code == GO_ON && optind == argc) {
        complain("%s: no reports (see rdy-probe merge --help)", argv[0]);
        return EXIT_USAGE;
    }
    return code;
}

static int code_of(int error)
{
    return error == 0 ? EXIT_OK : error == -ENOMEM ? EXIT_SYSTEM : EXIT_INPUT;
}

static int add_file(struct read_report *sum, FILE *file, const char *name)
{
    struct read_report other;
    int error = report_read(file, name, &other);
    if (error == 0) {
        const enum mode mode = other.report.mode;
        error = report_add(sum, &other);
        if (error == -EINVAL)
            complain("%s: mode: expected %s as in the first report, not %s", name,
                     mode_word(sum->report.mode), mode_word(mode));
        else if (error < 0)
            complain("%s: %s", name, rdy_error_sentence(error));
    }
    report_read_free(&other);
    return code_of(error);
}

static int add_path(struct read_report *sum, const char *path)
{
    if (strcmp(path, "-") == 0)
        return add_file(sum, stdin, "standard input");
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        complain("cannot read %s: %s", path, rdy_error_sentence(-errno));
        return EXIT_INPUT;
    }
    const int code = add_file(sum, file, path);
    (void)fclose(file);
    return code;
}

int merge_main(int argc, char **argv)
{
    struct arguments arguments = {.format = REPORT_TABLE};
    struct read_report sum = {.backend = NULL};
    int code = read_arguments(argc, argv, &arguments);
    if (code != GO_ON)
        return code;
    code = EXIT_OK;
    for (int i = optind; i < argc && code == EXIT_OK; i++)
        code = add_path(&sum, argv[i]);
    if (code == EXIT_OK) {
        shards_check(sum.shards, sum.report.shard_count);
        if (!report_write_summary(&sum.report, &sum.summary, arguments.format, arguments.output))
            code = EXIT_SYSTEM;
    }
    report_read_free(&sum);
    return code;
}
