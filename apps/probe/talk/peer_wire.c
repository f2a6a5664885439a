#include "apps/probe/talk/peer_wire.h"

#include <errno.h>
#include <string.h>

enum {
    LENGTH_SIZE = 4,
    ID_AT = LENGTH_SIZE,
    NUMBERS_AT = ID_AT + 1,
    NUMBER_SIZE = 4,
    INDEX_AT = NUMBERS_AT,
    BEGIN_AT = INDEX_AT + NUMBER_SIZE,
    SIZE_AT = BEGIN_AT + NUMBER_SIZE,
};

/* What the messages of one id look like behind it. */
struct shape {
    uint8_t numbers;  /* bytes of numbers */
    bool has_payload; /* and something behind them */
    bool is_skipped;  /* whatever it is */
};

/* Any id that is not here. */
static const struct shape unknown = {.has_payload = true, .is_skipped = true};

static const struct shape *shape_of(uint8_t id)
{
    static const struct shape shapes[] = {
        [PEER_CHOKE] = {0},
        [PEER_UNCHOKE] = {0},
        [PEER_INTERESTED] = {0},
        [PEER_NOT_INTERESTED] = {0},
        [PEER_HAVE] = {.numbers = 4},
        [PEER_BITFIELD] = {.has_payload = true},
        [PEER_REQUEST] = {.numbers = 12},
        [PEER_PIECE] = {.numbers = 8, .has_payload = true},
        [PEER_CANCEL] = {.numbers = 12},
        [PEER_PORT] = {.numbers = 2, .is_skipped = true},
    };
    static const struct shape fast_shapes[] = {
        [PEER_SUGGEST - PEER_SUGGEST] = {.numbers = 4},
        [PEER_HAVE_ALL - PEER_SUGGEST] = {0},
        [PEER_HAVE_NONE - PEER_SUGGEST] = {0},
        [PEER_REJECT - PEER_SUGGEST] = {.numbers = 12},
        [PEER_ALLOWED_FAST - PEER_SUGGEST] = {.numbers = 4},
    };
    if (id <= PEER_PORT)
        return &shapes[id];
    return id >= PEER_SUGGEST && id <= PEER_ALLOWED_FAST ? &fast_shapes[id - PEER_SUGGEST] : &unknown;
}

static uint32_t get_number(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static void put_number(uint32_t number, uint8_t *bytes)
{
    for (int i = 0; i < NUMBER_SIZE; i++)
        bytes[i] = (uint8_t)(number >> (24 - 8 * i));
}

/* How many bytes the head has, as far as it is known. */
static size_t head_size(const struct peer_wire *wire)
{
    if (wire->received < LENGTH_SIZE)
        return LENGTH_SIZE;
    return wire->received == ID_AT ? NUMBERS_AT : NUMBERS_AT + shape_of(wire->head[ID_AT])->numbers;
}

static bool is_head_whole(const struct peer_wire *wire)
{
    return wire->received >= NUMBERS_AT && wire->received == head_size(wire);
}

static int check_length(const struct peer_wire *wire)
{
    const uint32_t length = get_number(wire->head);
    const bool is_in_bitfield = wire->bitfield_size > 0 && length - 1 <= wire->bitfield_size;
    return length <= PEER_WIRE_MESSAGE_MAX || is_in_bitfield ? 0 : -EMSGSIZE;
}

static int check_id(struct peer_wire *wire)
{
    const uint8_t id = wire->head[ID_AT];
    const struct shape *shape = shape_of(id);
    const uint32_t length = get_number(wire->head) - 1;
    if (length < shape->numbers || (length > shape->numbers && !shape->has_payload))
        return -EPROTO;
    const uint32_t payload = length - shape->numbers;
    if (id == PEER_PIECE && payload > PEER_WIRE_BLOCK_MAX)
        return -EMSGSIZE;
    if (id == PEER_BITFIELD && (wire->bitfield_size > 0 ? payload != wire->bitfield_size : payload == 0))
        return -EPROTO;
    if (id != PEER_BITFIELD && length >= PEER_WIRE_MESSAGE_MAX)
        return -EMSGSIZE;
    wire->left = payload;
    return 0;
}

static void take_bytes(struct peer_wire *wire, size_t wanted, const uint8_t **bytes, size_t *size)
{
    const size_t missing = wanted - wire->received;
    const size_t count = missing < *size ? missing : *size;
    memcpy(wire->head + wire->received, *bytes, count);
    wire->received = (uint8_t)(wire->received + count);
    *bytes += count;
    *size -= count;
}

/* 1 if the head has become whole, 0 if bytes are missing, or what is wrong with it. */
static int take_head(struct peer_wire *wire, const uint8_t **bytes, size_t *size)
{
    for (;;) {
        const size_t wanted = head_size(wire);
        take_bytes(wire, wanted, bytes, size);
        if (wire->received < wanted)
            return 0;
        int error = 0;
        if (wanted == LENGTH_SIZE && get_number(wire->head) == 0)
            wire->received = 0; /* a keep-alive */
        else if (wanted == LENGTH_SIZE)
            error = check_length(wire);
        else if (wanted == NUMBERS_AT)
            error = check_id(wire);
        if (error < 0)
            return error;
        if (is_head_whole(wire))
            return 1;
    }
}

static uint32_t number_at(const struct peer_wire *wire, size_t at)
{
    return at + NUMBER_SIZE <= wire->received ? get_number(wire->head + at) : 0;
}

/* The next bytes of the payload, which may be none. */
static void take_payload(struct peer_wire *wire, const uint8_t **bytes, size_t *size, struct peer_part *part)
{
    const uint32_t payload = get_number(wire->head) - 1 - shape_of(wire->head[ID_AT])->numbers;
    const size_t count = wire->left < *size ? wire->left : *size;
    *part = (struct peer_part){
        .id = wire->head[ID_AT],
        .index = number_at(wire, INDEX_AT),
        .begin = number_at(wire, BEGIN_AT),
        .length = shape_of(wire->head[ID_AT])->has_payload ? payload : number_at(wire, SIZE_AT),
        .offset = payload - wire->left,
        .bytes = *bytes,
        .size = count,
        .is_last = count == wire->left,
    };
    wire->left -= (uint32_t)count;
    *bytes += count;
    *size -= count;
}

int peer_wire_next(struct peer_wire *wire, const uint8_t **bytes, size_t *size, struct peer_part *part)
{
    for (;;) {
        const bool is_in_payload = is_head_whole(wire);
        if (is_in_payload && *size == 0)
            return 0;
        const int status = is_in_payload ? 1 : take_head(wire, bytes, size);
        if (status <= 0)
            return status;
        struct peer_part next;
        take_payload(wire, bytes, size, &next);
        if (next.is_last)
            wire->received = 0;
        if (shape_of(next.id)->is_skipped)
            continue;
        *part = next;
        return 1;
    }
}

size_t peer_wire_put_interested(uint8_t bytes[PEER_WIRE_HEAD_MAX])
{
    put_number(1, bytes);
    bytes[ID_AT] = PEER_INTERESTED;
    return NUMBERS_AT;
}

size_t peer_wire_put_request(uint32_t index, uint32_t begin, uint32_t length,
                             uint8_t bytes[PEER_WIRE_HEAD_MAX])
{
    put_number(PEER_WIRE_HEAD_MAX - LENGTH_SIZE, bytes);
    bytes[ID_AT] = PEER_REQUEST;
    put_number(index, bytes + INDEX_AT);
    put_number(begin, bytes + BEGIN_AT);
    put_number(length, bytes + SIZE_AT);
    return PEER_WIRE_HEAD_MAX;
}
