#include "apps/probe/report/report_output.h"

#include "apps/common/option.h"
#include "apps/common/output_file.h"
#include "apps/common/progress.h"
#include "apps/probe/report/peer_record.h"
#include "apps/probe/report/report_json.h"
#include "apps/probe/report/table.h"
#include "reactor/error.h"

static void print_ndjson(const struct report *report, FILE *file)
{
    for (size_t i = 0; i < report->peers->count; i++)
        peer_record_print_ndjson(report->peers->peers[i].text, &report->results[i], file);
}

void report_print(const struct report *report, const struct summary *summary, enum report_format format,
                  FILE *file)
{
    switch (format) {
    case REPORT_VERBOSE_TABLE:
        table_print_peers(report, file);
        table_print(report, summary, file);
        break;
    case REPORT_TABLE:
        table_print(report, summary, file);
        break;
    case REPORT_JSON:
        report_print_json(report, summary, file);
        break;
    case REPORT_NDJSON:
        print_ndjson(report, file);
        break;
    case REPORT_CSV:
        peer_record_print_csv(report, file);
        break;
    }
}

bool report_write_summary(const struct report *report, const struct summary *summary,
                          enum report_format format, const char *path)
{
    struct output_file output;
    if (output_file_open(path, OUTPUT_WHOLE, &output) < 0)
        return false;
    report_print(report, summary, format, output.file);
    return output_file_close(&output);
}

bool report_write(const struct report *report, enum report_format format, const char *path)
{
    struct summary summary;
    const int error = summary_make(report, &summary);
    if (error < 0) {
        complain("%s", rdy_error_sentence(error));
        return false;
    }
    const bool written = report_write_summary(report, &summary, format, path);
    summary_free(&summary);
    return written;
}

void report_print_interim(const struct report *report)
{
    struct summary summary;
    if (summary_make(report, &summary) < 0)
        return;
    progress_clear();
    table_print(report, &summary, stderr);
    fflush(stderr);
    summary_free(&summary);
}
