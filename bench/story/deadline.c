#include "bench/story/deadline.h"

#include <stdlib.h>

#include "apps/common/option.h"
#include "bench/story/protocol.h"

int64_t story_deadline(int argc, char **argv)
{
    int64_t ns = STORY_DEADLINE_NS;
    option_set_program(argv[0]);
    if (argc > 2)
        complain("takes no argument but a deadline");
    if (argc > 2 || (argc == 2 && option_timeout("DEADLINE", argv[1], &ns) != 0))
        exit(2);
    return ns;
}
