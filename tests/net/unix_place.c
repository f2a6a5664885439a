#include "tests/net/unix_place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/net/connections.h"

struct unix_place place;

static rdy_address address_at(const char *name)
{
    char text[RDY_ADDRESS_TEXT_MAX];
    snprintf(text, sizeof text, "unix:%s/%s", place.folder, name);
    return address_of(text);
}

void make_place(void)
{
    snprintf(place.folder, sizeof place.folder, "/tmp/rdy-unix-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(place.folder));
    snprintf(place.path, sizeof place.path, "%s/socket", place.folder);
    place.address = address_at("socket");
    place.other = address_at("other");
}

void remove_place(void)
{
    char other[sizeof place.path];
    snprintf(other, sizeof other, "%s/other", place.folder);
    unlink(place.path);
    unlink(other);
    rmdir(place.folder);
}

rdy_unix_listener listen_at(const rdy_address *address)
{
    rdy_unix_listener listener;
    ck_assert_int_eq(rdy_unix_listener_bind(address, &listener), 0);
    return listener;
}

rdy_address abstract_address(void)
{
    char text[RDY_ADDRESS_TEXT_MAX];
    snprintf(text, sizeof text, "unix:@%s", place.folder);
    return address_of(text);
}

void expect_talk(rdy_unix_stream *from, rdy_unix_stream *to)
{
    char bytes[8] = "";
    write_exactly(&from->source, "there", 5);
    read_exactly(&to->source, bytes, 5);
    ck_assert_str_eq(bytes, "there");
    write_exactly(&to->source, "back", 4);
    read_exactly(&from->source, bytes, 4);
    ck_assert_mem_eq(bytes, "back", 4);
}
