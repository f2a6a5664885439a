#include "bench/load/options.h"

int main(int count, char **arguments)
{
    struct options options;
    int code;
    if (!options_read(&options, count, arguments, &code))
        return code;
    return options.run(&options);
}
