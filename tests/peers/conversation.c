#include "tests/peers/conversation.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* So few bytes always fit into the buffer of a new connection: a short write is an error too. */
static bool send_all(int socket, const void *bytes, size_t size)
{
    return write(socket, bytes, size) == (ssize_t)size;
}

static void make_good_answer(const struct conversation *conversation, unsigned char answer[HANDSHAKE_SIZE])
{
    const struct peer *peer = conversation->peer;
    const unsigned char *asked = conversation->handshake + INFO_HASH_OFFSET;
    handshake_write(answer, peer->info_hash != NULL ? peer->info_hash : asked, peer->number);
}

static bool answer_well(const struct conversation *conversation)
{
    unsigned char answer[HANDSHAKE_SIZE];
    make_good_answer(conversation, answer);
    return send_all(conversation->socket, answer, sizeof(answer));
}

static bool answer_with_another_hash(const struct conversation *conversation)
{
    unsigned char another[INFO_HASH_SIZE];
    for (size_t i = 0; i < INFO_HASH_SIZE; i++)
        another[i] = conversation->handshake[INFO_HASH_OFFSET + i] ^ 0xff;

    unsigned char answer[HANDSHAKE_SIZE];
    handshake_write(answer, another, conversation->peer->number);
    return send_all(conversation->socket, answer, sizeof(answer));
}

static bool answer_like_a_web_server(const struct conversation *conversation)
{
    static const char answer[] = "HTTP/1.1 400 Bad Request\r\n\r\n";
    return send_all(conversation->socket, answer, sizeof(answer) - 1);
}

/* Only the sending half is closed: close(2) would turn whatever the asker still sends into a reset. */
static bool close_early(const struct conversation *conversation)
{
    enum { PART = 20 };
    unsigned char answer[HANDSHAKE_SIZE];
    make_good_answer(conversation, answer);
    if (conversation->peer->number % 2 == 0 && !send_all(conversation->socket, answer, PART))
        return false;
    return shutdown(conversation->socket, SHUT_WR) == 0;
}

static bool reset(const struct conversation *conversation)
{
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    (void)setsockopt(conversation->socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    return false;
}

static bool begin_to_drip(struct conversation *conversation)
{
    unsigned char answer[HANDSHAKE_SIZE];
    make_good_answer(conversation, answer);
    memcpy(conversation->handshake, answer, sizeof(answer));
    return true;
}

static bool answer(struct conversation *conversation)
{
    switch (conversation->peer->kind) {
    case PEER_GOOD:
        return answer_well(conversation);
    case PEER_CLOSING_EARLY:
        return close_early(conversation);
    case PEER_RESETTING:
        return reset(conversation);
    case PEER_WRONG_INFO_HASH:
        return answer_with_another_hash(conversation);
    case PEER_WRONG_PROTOCOL:
        return answer_like_a_web_server(conversation);
    case PEER_DRIPPING:
        return begin_to_drip(conversation);
    case PEER_SILENT:
        return true; /* says nothing, which is the point of it */
    case PEER_REFUSED:
    case PEER_UNRESPONSIVE:
    case PEER_KINDS:
        break; /* nobody is ever accepted by these */
    }
    return false;
}

/* What read(2) said: the end of the stream and every real error end a conversation. */
static bool goes_on_after(ssize_t size)
{
    return size > 0 || (size < 0 && (errno == EAGAIN || errno == EINTR));
}

static bool discard(int socket)
{
    unsigned char bytes[4096];
    return goes_on_after(read(socket, bytes, sizeof(bytes)));
}

bool conversation_receive(struct conversation *conversation)
{
    const size_t missing = HANDSHAKE_SIZE - conversation->received;
    if (missing == 0)
        return discard(conversation->socket);

    const ssize_t size =
        read(conversation->socket, conversation->handshake + conversation->received, missing);
    if (size <= 0)
        return goes_on_after(size);
    conversation->received += (size_t)size;
    return (size_t)size < missing || answer(conversation);
}

bool conversation_drip(struct conversation *conversation)
{
    const bool asked = conversation->received == HANDSHAKE_SIZE;
    if (conversation->peer->kind != PEER_DRIPPING || !asked || conversation->dripped == HANDSHAKE_SIZE)
        return true;
    return send_all(conversation->socket, &conversation->handshake[conversation->dripped++], 1);
}
