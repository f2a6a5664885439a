#include <signal.h>
#include <string.h>

#include "apps/common/exit_codes.h"
#include "apps/common/option.h"
#include "apps/common/privileges.h"
#include "apps/common/standard_descriptors.h"
#include "apps/common/standard_output.h"
#include "apps/probe/merge/merge.h"
#include "apps/probe/options.h"
#include "apps/probe/run.h"

static int probe_main(int argc, char **argv)
{
    struct options options;
    int code = options_read(argc, argv, &options);
    if (code == OPTIONS_GO_ON)
        code = run_probe(&options);
    else if (!flush_output())
        code = EXIT_SYSTEM;
    options_free(&options);
    return code;
}

int main(int argc, char **argv)
{
    fill_standard_descriptors();
    option_set_program("rdy-probe");
    privileges_refuse_more(); /* it starts no program */
    (void)signal(SIGPIPE, SIG_IGN);
    return argc > 1 && strcmp(argv[1], "merge") == 0 ? merge_main(argc - 1, argv + 1)
                                                     : probe_main(argc, argv);
}
