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

int peer_input_option(peer_input *input, int key, const char *value)
{
    int error = 0;
    switch (key) {
    case 'f':
        input->files[input->file_count++] = value;
        break;
    case PEER_INPUT_PORT:
        error = option_port("--port", value, &input->port);
        break;
    case '4':
        input->family = AF_INET;
        break;
    case '6':
        input->family = AF_INET6;
        break;
    case PEER_INPUT_SHARD:
        error = option_shard("--shard", value, &input->shard, &input->shard_count);
        break;
    default:
        return 0;
    }
    return error < 0 ? error : 1;
}

bool peer_input_is_standard(const peer_input *input, char *const *arguments)
{
    bool is_standard = input->file_count == 0 && *arguments == NULL;
    for (size_t i = 0; i < input->file_count; i++)
        is_standard = is_standard || strcmp(input->files[i], "-") == 0;
    for (; *arguments != NULL; arguments++)
        is_standard = is_standard || strcmp(*arguments, "-") == 0;
    return is_standard;
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

/* False if that leaves none, which is reported. */
static bool choose_family(const peer_input *input, peer_list *peers)
{
    const char *option = input->family == AF_INET ? "-4" : "-6";
    const size_t before = peers->count;
    const size_t dropped = input->family == 0 ? 0 : peer_list_keep_family(peers, input->family);
    if (before > 0 && dropped == before)
        complain("no peers left by %s", option);
    else if (dropped > 0 && !input->quiet)
        complain("%zu peers left out by %s", dropped, option);
    return before == 0 || dropped < before;
}

static bool choose(const peer_input *input, peer_list *peers)
{
    const size_t all = peers->count;
    if (all == 0) {
        complain("no peers given");
        return false;
    }
    if (input->shard_count > 0)
        peer_list_keep_shard(peers, input->shard, input->shard_count);
    if (peers->count == 0 && !input->quiet)
        complain("shard %zu/%zu has none of the %zu peers", input->shard, input->shard_count, all);
    return choose_family(input, peers);
}

int peer_input_read(const peer_input *input, char *const *arguments, peer_list *peers)
{
    const int error = read_all(input, arguments, peers);
    if (error == -ENOMEM)
        return EXIT_SYSTEM;
    return error == 0 && choose(input, peers) ? EXIT_OK : EXIT_INPUT;
}

void peer_input_free(peer_input *input)
{
    free(input->files);
    *input = (peer_input){0};
}
