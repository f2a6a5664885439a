#include "apps/common/exit_codes.h"
#include "apps/common/option.h"
#include "apps/probe/merge/merge.h"

int merge_main(int argc, char **argv)
{
    (void)argc;
    complain("%s: this program was built without jansson, which reads reports", argv[0]);
    return EXIT_USAGE;
}
