#include "apps/common/version.h"

#include <stdio.h>

#include "apps/common/option.h"
#include "reactor/poll.h"

void print_version(void)
{
    printf("%s " RDY_VERSION ", backends: ", option_program());
    const char *between = "";
    for (const char *const *name = rdy_backends(); *name != NULL; name++, between = ", ")
        printf("%s%s", between, *name);
    putchar('\n');
}
