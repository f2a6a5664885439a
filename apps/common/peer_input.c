#include "apps/common/peer_input.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "apps/common/exit_codes.h"
#include "apps/common/option.h"
#include "apps/common/peer_parse.h"
#include "reactor/error.h"

bool peer_input_alloc(peer_input *input, int argc)
{
    *input = (peer_input){.files = calloc((size_t)argc + 1, sizeof *input->files)};
    if (input->files == NULL)
        complain("%s", rdy_error_sentence(ENOMEM));
    return input->files != NULL;
}

void peer_input_add_file(peer_input *input, const char *path)
{
    input->files[input->file_count++] = path;
}

static int add_argument(peer_list *peers, const char *text, uint16_t port)
{
    if (strcmp(text, "-") == 0)
        return peer_list_read_path(peers, text, port);
    const int error = peer_list_add(peers, text, port);
    const char *expected = peer_parse_expected(error, text, port);
    if (expected != NULL)
        complain("expected %s, not '%s'", expected, text);
    else if (error < 0)
        complain("%s", rdy_error_sentence(error));
    return error;
}

static int read_all(const peer_input *input, char *const *arguments, peer_list *peers)
{
    int error = 0;
    if (input->file_count == 0 && *arguments == NULL)
        return peer_list_read_path(peers, "-", input->port);
    for (size_t i = 0; error == 0 && i < input->file_count; i++)
        error = peer_list_read_path(peers, input->files[i], input->port);
    for (; error == 0 && *arguments != NULL; arguments++)
        error = add_argument(peers, *arguments, input->port);
    return error;
}

int peer_input_read(const peer_input *input, char *const *arguments, peer_list *peers)
{
    const int error = read_all(input, arguments, peers);
    if (error == -ENOMEM)
        return EXIT_SYSTEM;
    if (error == 0 && peers->count == 0)
        complain("no peers given");
    return error == 0 && peers->count > 0 ? EXIT_OK : EXIT_INPUT;
}

void peer_input_free(peer_input *input)
{
    free(input->files);
    *input = (peer_input){0};
}
