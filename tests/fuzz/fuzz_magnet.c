#include <string.h>

#include "apps/torrent/magnet.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static const uint8_t no_hash[INFO_HASH_SIZE];
    struct magnet magnet = {0};
    const char *expected = NULL;
    char *uri = malloc(size + 1);
    must_hold(uri != NULL);
    memcpy(uri, bytes, size);
    uri[size] = '\0';
    const int error = magnet_parse(uri, &magnet, &expected);
    must_hold((error == 0) == (expected == NULL));
    must_hold(error == 0 || memcmp(magnet.info_hash, no_hash, sizeof no_hash) == 0);
    for (size_t i = 0; i < magnet.peer_count; i++)
        must_hold(strlen(magnet.peers[i]) <= size);
    magnet_free(&magnet);
    free(uri);
    return 0;
}
