#include "tests/peers/talk.h"

#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "tests/peers/conversation.h"

enum {
    TICKS_TO_RESET = 2,
    TICKS_TO_UNCHOKE = 3,
    LONGEST_MESSAGE = 1 << 20,
    LONGEST_BLOCK = 128 << 10,
    REQUEST_SIZE = 13,
};

static bool is_seed(const struct peer *peer)
{
    return peer->kind == PEER_GOOD && peer->content->bytes != NULL;
}

bool talk_offers_fast(const struct peer *peer)
{
    return behaviour_of(peer->kind)->speaks_fast || (is_seed(peer) && peer->number % 2 == 0);
}

bool talk_offers_extensions(const struct peer *peer)
{
    return behaviour_of(peer->kind)->chats || (is_seed(peer) && peer->number % 4 >= 2);
}

bool talk_has_room(const struct talk *talk)
{
    return talk->request_count < MOST_REQUESTS;
}

/* What may be skipped; the suggestion and the permission are BEP 6's. */
static void chat(struct conversation *conversation)
{
    static const unsigned char port[2] = {0x1a, 0xe1};
    static const unsigned char noise[100] = {1, 2, 3};
    struct outbox *outbox = &conversation->outbox;
    message_add_keep_alive(outbox);
    message_add(outbox, MESSAGE_PORT, port, sizeof(port));
    message_add(outbox, MESSAGE_OF_NOBODY, noise, sizeof(noise));
    message_add(outbox, MESSAGE_OF_NOBODY, NULL, 0);
    message_add_number(outbox, MESSAGE_HAVE, 0);
    if (conversation->talk.has_fast) {
        message_add_number(outbox, MESSAGE_SUGGEST, 0);
        message_add_number(outbox, MESSAGE_ALLOWED_FAST, 0);
    }
    if (conversation->talk.has_extensions)
        message_add_extended_handshake(outbox);
}

static void unchoke(struct conversation *conversation)
{
    if (behaviour_of(conversation->peer->kind)->chats)
        chat(conversation);
    message_add(&conversation->outbox, MESSAGE_UNCHOKE, NULL, 0);
    conversation->talk.is_unchoked = true;
}

static void add_all(struct conversation *conversation)
{
    const struct content *content = conversation->peer->content;
    if (content->bytes == NULL)
        return; /* nobody has said what all is */
    if (conversation->talk.has_fast)
        message_add(&conversation->outbox, MESSAGE_HAVE_ALL, NULL, 0);
    else
        message_add_bitfield(&conversation->outbox, content, PIECES_ALL, 0);
}

static void add_none(struct conversation *conversation)
{
    if (conversation->talk.has_fast)
        message_add(&conversation->outbox, MESSAGE_HAVE_NONE, NULL, 0);
    else
        message_add_bitfield(&conversation->outbox, conversation->peer->content, PIECES_NONE, 0);
}

static void add_malformed(struct conversation *conversation)
{
    if (conversation->peer->number % 2 == 0)
        message_add_bitfield(&conversation->outbox, conversation->peer->content, PIECES_ALL, 1);
    else
        message_add(&conversation->outbox, MESSAGE_UNCHOKE, "much", 4);
}

static void tell_pieces(struct conversation *conversation)
{
    struct outbox *outbox = &conversation->outbox;
    switch (behaviour_of(conversation->peer->kind)->bitfield) {
    case DEED_CLOSE:
        conversation_hang_up(conversation);
        break;
    case DEED_NOTHING:
    case DEED_RESET:
        break; /* a tick does it, or nobody */
    case DEED_PARTIAL_BITFIELD:
        message_add_bitfield(outbox, conversation->peer->content, PIECES_EVERY_OTHER, 0);
        break;
    case DEED_UNCHOKE_ONLY:
        unchoke(conversation);
        break;
    case DEED_HAVE_NONE:
        add_none(conversation);
        break;
    case DEED_OVERSIZED_LENGTH:
        message_add_oversized_length(outbox);
        break;
    case DEED_MALFORMED_MESSAGE:
        add_malformed(conversation);
        break;
    default:
        add_all(conversation);
    }
}

void talk_begin(struct conversation *conversation)
{
    struct talk *talk = &conversation->talk;
    const unsigned char *asked = conversation->handshake;
    talk->has_fast = talk_offers_fast(conversation->peer) && (asked[FAST_BYTE] & FAST_MASK) != 0;
    talk->has_extensions =
        talk_offers_extensions(conversation->peer) && (asked[EXTENDED_BYTE] & EXTENDED_MASK) != 0;
    if (talk->has_extensions)
        message_add_extended_handshake(&conversation->outbox);
    if (behaviour_of(conversation->peer->kind)->chats)
        message_add_keep_alive(&conversation->outbox);
    tell_pieces(conversation);
}

static void hear_interest(struct conversation *conversation)
{
    const struct peer *peer = conversation->peer;
    struct talk *talk = &conversation->talk;
    const bool has_content = peer->content->bytes != NULL;
    talk->is_interested = true;
    if (behaviour_of(peer->kind)->unchoke == DEED_RIGHT && has_content && !talk->is_unchoked)
        unchoke(conversation);
}

/* A request while it is choked is not answered (BEP 3), one that makes no sense ends the conversation. */
static bool hear_request(struct conversation *conversation, size_t size)
{
    struct talk *talk = &conversation->talk;
    const unsigned char *payload = talk->message + 5;
    const struct request request = {message_number(payload), message_number(payload + 4),
                                    message_number(payload + 8)};
    if (!talk->is_unchoked)
        return true;
    talk->requests[talk->request_count++] = request;
    return size == REQUEST_SIZE && request.length > 0 && request.length <= LONGEST_BLOCK &&
           content_block(conversation->peer->content, request.piece, request.begin, request.length) != NULL;
}

static bool hear(struct conversation *conversation, size_t size)
{
    struct talk *talk = &conversation->talk;
    talk->received = 0;
    if (size == 1 && talk->message[4] == MESSAGE_INTERESTED && !talk->is_interested)
        hear_interest(conversation);
    if (size > 0 && talk->message[4] == MESSAGE_REQUEST)
        return hear_request(conversation, size);
    return true;
}

/* Exactly what the message lacks: where it is too long to be of interest, into the void. */
static ptrdiff_t read_part(struct conversation *conversation, size_t whole)
{
    unsigned char scrap[512];
    struct talk *talk = &conversation->talk;
    const size_t kept = whole < LONGEST_HEARD ? whole : LONGEST_HEARD;
    if (talk->received < kept)
        return read(conversation->socket, talk->message + talk->received, kept - talk->received);
    const size_t missing = whole - talk->received;
    return read(conversation->socket, scrap, missing < sizeof(scrap) ? missing : sizeof(scrap));
}

static size_t size_heard(const struct talk *talk)
{
    return talk->received < 4 ? 0 : message_number(talk->message);
}

bool talk_receive(struct conversation *conversation)
{
    struct talk *talk = &conversation->talk;
    while (talk_has_room(talk) && !conversation->is_deaf) {
        const ptrdiff_t size = read_part(conversation, 4 + size_heard(talk));
        if (size <= 0)
            return conversation_goes_on_after(size) && talk_answer(conversation);
        talk->received += (size_t)size;
        const size_t length = size_heard(talk);
        if (length > LONGEST_MESSAGE)
            return false;
        if (talk->received >= 4 && talk->received == 4 + length && !hear(conversation, length))
            return false;
    }
    return talk_answer(conversation);
}

/* Those that a peer has in hand at once are what it may turn around. */
static struct request take_request(struct talk *talk, bool from_the_end)
{
    const size_t i = from_the_end ? talk->request_count - 1 : 0;
    const struct request taken = talk->requests[i];
    talk->request_count--;
    memmove(talk->requests + i, talk->requests + i + 1, (talk->request_count - i) * sizeof(taken));
    return taken;
}

static void add_block(struct conversation *conversation, const struct request *request, unsigned char mask)
{
    const struct content *content = conversation->peer->content;
    if (behaviour_of(conversation->peer->kind)->chats)
        chat(conversation);
    message_add_piece(&conversation->outbox, request,
                      content_block(content, request->piece, request->begin, request->length), mask);
}

static void choke(struct conversation *conversation)
{
    conversation->talk.is_unchoked = false;
    conversation->talk.request_count = 0;
    message_add(&conversation->outbox, MESSAGE_CHOKE, NULL, 0);
}

static bool answer_request(struct conversation *conversation)
{
    const enum deed deed = behaviour_of(conversation->peer->kind)->request;
    const struct request request = take_request(&conversation->talk, deed == DEED_REVERSE);
    conversation->outbox.drips = deed == DEED_DRIP;
    switch (deed) {
    case DEED_CLOSE:
        conversation->talk.request_count = 0;
        conversation_hang_up(conversation);
        break;
    case DEED_RESET:
        return conversation_reset(conversation);
    case DEED_CHOKE:
        choke(conversation);
        break;
    case DEED_REJECT:
        if (conversation->talk.has_fast)
            message_add_reject(&conversation->outbox, &request);
        else
            choke(conversation);
        break;
    default:
        add_block(conversation, &request, deed == DEED_WRONG_BYTES ? 0xff : 0);
    }
    return conversation_send(conversation);
}

bool talk_answer(struct conversation *conversation)
{
    if (!conversation_send(conversation))
        return false;
    while (conversation->talk.request_count > 0 && outbox_is_empty(&conversation->outbox))
        if (!answer_request(conversation))
            return false;
    return true;
}

static void chatter(struct conversation *conversation)
{
    const struct peer *peer = conversation->peer;
    message_add_keep_alive(&conversation->outbox);
    message_add_number(&conversation->outbox, MESSAGE_HAVE,
                       (uint32_t)(conversation->talk.ticks % peer->content->piece_count));
}

bool talk_tick(struct conversation *conversation)
{
    struct talk *talk = &conversation->talk;
    const struct behaviour *behaviour = behaviour_of(conversation->peer->kind);
    talk->ticks++;
    if (behaviour->bitfield == DEED_RESET && talk->ticks == TICKS_TO_RESET)
        return conversation_reset(conversation);
    if (behaviour->unchoke == DEED_CHATTER && outbox_is_empty(&conversation->outbox))
        chatter(conversation);
    const bool waits = talk->is_interested && !talk->is_unchoked;
    if (behaviour->unchoke == DEED_LATER && waits && talk->ticks >= TICKS_TO_UNCHOKE)
        unchoke(conversation);
    return talk_answer(conversation);
}
