#include "apps/common/version.h"

#include <stdio.h>

#include "apps/common/option.h"
#include "reactor/poll.h"

const char *program_version(void)
{
    return RDY_VERSION;
}

void print_version(void)
{
    printf("%s %s, backends: ", option_program(), program_version());
    const char *between = "";
    for (const char *const *name = rdy_backends(); *name != NULL; name++, between = ", ")
        printf("%s%s", between, *name);
    putchar('\n');
}
