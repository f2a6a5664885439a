#include "tests/peers/conversation.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

bool conversation_goes_on_after(ptrdiff_t size)
{
    return size > 0 || (size < 0 && (errno == EAGAIN || errno == EINTR));
}

bool conversation_reset(const struct conversation *conversation)
{
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    (void)setsockopt(conversation->socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    return false;
}

bool conversation_send(struct conversation *conversation)
{
    return outbox_send(&conversation->outbox, conversation->socket,
                       conversation->outbox.drips ? 0 : SIZE_MAX);
}

void conversation_hang_up(struct conversation *conversation)
{
    conversation->outbox.closes = true;
    conversation->is_deaf = true;
}

static void make_answer(const struct conversation *conversation, unsigned char answer[HANDSHAKE_SIZE])
{
    const struct peer *peer = conversation->peer;
    const unsigned char *asked = conversation->handshake + INFO_HASH_OFFSET;
    handshake_write(answer, peer->info_hash != NULL ? peer->info_hash : asked, peer->number);
    if (talk_offers_extensions(peer))
        answer[EXTENDED_BYTE] |= EXTENDED_MASK;
    if (talk_offers_fast(peer))
        answer[FAST_BYTE] |= FAST_MASK;
}

static void add_answer(struct conversation *conversation, size_t size)
{
    unsigned char answer[HANDSHAKE_SIZE];
    make_answer(conversation, answer);
    outbox_add(&conversation->outbox, answer, size);
}

static void add_answer_with_another_hash(struct conversation *conversation)
{
    unsigned char another[INFO_HASH_SIZE];
    for (size_t i = 0; i < INFO_HASH_SIZE; i++)
        another[i] = conversation->handshake[INFO_HASH_OFFSET + i] ^ 0xff;

    unsigned char answer[HANDSHAKE_SIZE];
    handshake_write(answer, another, conversation->peer->number);
    outbox_add(&conversation->outbox, answer, sizeof(answer));
}

static void add_answer_of_a_web_server(struct outbox *outbox)
{
    static const char answer[] = "HTTP/1.1 400 Bad Request\r\n\r\n";
    outbox_add(outbox, answer, sizeof(answer) - 1);
}

static void close_early(struct conversation *conversation)
{
    enum { PART = 20 };
    if (conversation->peer->number % 2 == 0)
        add_answer(conversation, PART);
    conversation_hang_up(conversation);
}

static bool answer(struct conversation *conversation)
{
    const enum deed deed = behaviour_of(conversation->peer->kind)->handshake;
    conversation->is_deaf = deed != DEED_RIGHT;
    conversation->outbox.drips = deed == DEED_DRIP;
    switch (deed) {
    case DEED_CLOSE:
        close_early(conversation);
        break;
    case DEED_RESET:
        return conversation_reset(conversation);
    case DEED_ANOTHER_HASH:
        add_answer_with_another_hash(conversation);
        break;
    case DEED_WEB_SERVER:
        add_answer_of_a_web_server(&conversation->outbox);
        break;
    case DEED_DRIP:
        add_answer(conversation, HANDSHAKE_SIZE);
        break;
    default:
        add_answer(conversation, HANDSHAKE_SIZE);
        talk_begin(conversation);
    }
    return conversation_send(conversation);
}

static bool receive_handshake(struct conversation *conversation)
{
    const size_t missing = HANDSHAKE_SIZE - conversation->received;
    const ssize_t size =
        read(conversation->socket, conversation->handshake + conversation->received, missing);
    if (size <= 0)
        return conversation_goes_on_after(size);
    conversation->received += (size_t)size;
    return (size_t)size < missing || answer(conversation);
}

static bool discard(int socket)
{
    unsigned char bytes[4096];
    return conversation_goes_on_after(read(socket, bytes, sizeof(bytes)));
}

static bool receive(struct conversation *conversation)
{
    if (conversation->is_deaf)
        return discard(conversation->socket);
    if (conversation->received < HANDSHAKE_SIZE)
        return receive_handshake(conversation);
    return talk_receive(conversation);
}

short conversation_events(const struct conversation *conversation)
{
    const struct outbox *outbox = &conversation->outbox;
    const bool hears = conversation->is_deaf || talk_has_room(&conversation->talk);
    const bool has_to_send = !outbox_is_empty(outbox) && !outbox->drips;
    return (short)((hears ? POLLIN : 0) | (has_to_send ? POLLOUT : 0));
}

bool conversation_advance(struct conversation *conversation)
{
    return conversation_send(conversation) && talk_answer(conversation) && receive(conversation);
}

bool conversation_tick(struct conversation *conversation)
{
    if (conversation->outbox.drips && !outbox_send(&conversation->outbox, conversation->socket, 1))
        return false;
    return conversation->is_deaf || conversation->received < HANDSHAKE_SIZE || talk_tick(conversation);
}

void conversation_end(struct conversation *conversation)
{
    close(conversation->socket);
    outbox_free(&conversation->outbox);
}
