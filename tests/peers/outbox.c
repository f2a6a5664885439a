#include "tests/peers/outbox.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/peers/fail.h"

bool outbox_is_empty(const struct outbox *outbox)
{
    return outbox->size == 0;
}

void outbox_add(struct outbox *outbox, const void *bytes, size_t size)
{
    outbox->bytes = realloc(outbox->bytes, outbox->size + size);
    if (outbox->bytes == NULL)
        fail("memory");
    if (size > 0) /* bytes may be NULL then */
        memcpy(outbox->bytes + outbox->size, bytes, size);
    outbox->size += size;
}

void outbox_free(struct outbox *outbox)
{
    free(outbox->bytes);
    outbox->bytes = NULL;
    outbox->size = 0;
    outbox->sent = 0;
}

/* Only the sending half is closed: close(2) would turn whatever the asker still sends into a reset. */
static bool close_when_due(struct outbox *outbox, int socket)
{
    if (!outbox->closes || !outbox_is_empty(outbox))
        return true;
    outbox->closes = false;
    return shutdown(socket, SHUT_WR) == 0;
}

bool outbox_send(struct outbox *outbox, int socket, size_t most)
{
    while (most > 0 && outbox->sent < outbox->size) {
        const size_t left = outbox->size - outbox->sent;
        const ssize_t size = write(socket, outbox->bytes + outbox->sent, left < most ? left : most);
        if (size < 0)
            return errno == EAGAIN;
        outbox->sent += (size_t)size;
        most -= (size_t)size;
    }
    if (outbox->sent == outbox->size)
        outbox_free(outbox);
    return close_when_due(outbox, socket);
}
