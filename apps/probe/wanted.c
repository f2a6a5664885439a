#include "apps/probe/wanted.h"

#include <errno.h>
#include <string.h>

#include "apps/common/exit_codes.h"
#include "apps/common/option.h"
#include "reactor/error.h"

static int code_of(int error)
{
    if (error == 0)
        return EXIT_OK;
    return error == -ENOMEM || error == -ENOTSUP ? EXIT_SYSTEM : EXIT_INPUT;
}

static int read_torrent(const char *path, struct wanted *wanted)
{
    const int error = metainfo_read(path, &wanted->metainfo);
    if (error == 0)
        memcpy(wanted->info_hash, wanted->metainfo.info_hash, INFO_HASH_SIZE);
    return code_of(error);
}

/* Of peers only: who sends us a URI is not to have us try a network. */
static int add_peer(peer_list *peers, const char *text)
{
    return strchr(text, '/') == NULL ? peer_list_add(peers, text, 0) : -EINVAL;
}

static int add_peers(const struct magnet *magnet, peer_list *peers)
{
    int error = 0;
    for (size_t i = 0; error == 0 && i < magnet->peer_count; i++) {
        error = add_peer(peers, magnet->peers[i]);
        if (error == -ENOMEM)
            complain("%s", rdy_error_sentence(error));
        else if (error < 0)
            complain("--magnet: x.pe: expected HOST:PORT, not '%s'", magnet->peers[i]);
    }
    return code_of(error);
}

static int read_magnet(const char *uri, peer_list *peers, struct wanted *wanted)
{
    const char *expected;
    const int error = magnet_parse(uri, &wanted->magnet, &expected);
    if (error == -EINVAL)
        complain("--magnet: expected %s", expected);
    else if (error < 0)
        complain("--magnet: %s", rdy_error_sentence(error));
    if (error < 0)
        return error == -EINVAL ? EXIT_USAGE : EXIT_SYSTEM;
    memcpy(wanted->info_hash, wanted->magnet.info_hash, INFO_HASH_SIZE);
    return add_peers(&wanted->magnet, peers);
}

int wanted_open(const struct options *options, peer_list *peers, struct wanted *wanted)
{
    *wanted = (struct wanted){0};
    if (options->torrent != NULL)
        return read_torrent(options->torrent, wanted);
    if (options->magnet != NULL)
        return read_magnet(options->magnet, peers, wanted);
    memcpy(wanted->info_hash, options->info_hash, INFO_HASH_SIZE); /* of no meaning if there is none */
    return EXIT_OK;
}

const struct tracker_tiers *wanted_trackers(const struct wanted *wanted)
{
    return wanted->metainfo.trackers.count > 0 ? &wanted->metainfo.trackers : &wanted->magnet.trackers;
}

void wanted_free(struct wanted *wanted)
{
    metainfo_free(&wanted->metainfo);
    magnet_free(&wanted->magnet);
}
