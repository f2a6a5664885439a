#include <arpa/inet.h>
#include <net/if.h>
#include <string.h>
#include <sys/un.h>

#include "net/address.h"
#include "tests/fuzz/fuzz.h"

/*
 * An input is read as a text and as an address of the system: what is taken is printed, and what was printed is read
 * again and is the same. A second opinion, made of inet_pton(3), says which texts are to be taken.
 */
enum { LONGEST_PORT = 6 };

static bool is_port(const char *text)
{
    const size_t digits = strspn(text, "0123456789");
    return digits > 0 && digits <= LONGEST_PORT && text[digits] == '\0' && strtoul(text, NULL, 10) <= 65535;
}

static bool is_scope(const char *text)
{
    const size_t digits = strspn(text, "0123456789");
    const unsigned long long number = strtoull(text, NULL, 10);
    return if_nametoindex(text) != 0 ||
           (digits > 0 && text[digits] == '\0' && number > 0 && number <= UINT32_MAX);
}

static bool is_host(int family, char *host)
{
    struct in6_addr bytes;
    char *percent = family == AF_INET6 ? strchr(host, '%') : NULL;
    if (percent != NULL)
        *percent = '\0';
    return inet_pton(family, host, &bytes) == 1 && (percent == NULL || is_scope(percent + 1));
}

static bool is_internet_address(const char *text)
{
    const bool is_bracketed = text[0] == '[';
    const char *end = strstr(text, is_bracketed ? "]:" : ":");
    char host[64];
    if (end == NULL || (is_bracketed && strchr(text, ']') != end))
        return false;
    const size_t length = (size_t)(end - text) - is_bracketed;
    if (length >= sizeof host)
        return false;
    memcpy(host, text + is_bracketed, length);
    host[length] = '\0';
    return is_host(is_bracketed ? AF_INET6 : AF_INET, host) && is_port(end + 1 + is_bracketed);
}

static bool is_unix_address(const char *path)
{
    const size_t most = sizeof((struct sockaddr_un *)NULL)->sun_path;
    const bool is_abstract = path[0] == '@';
    return strlen(path) > is_abstract && strlen(path) + !is_abstract <= most;
}

static bool is_address(const char *text)
{
    return strncmp(text, "unix:", 5) == 0 ? is_unix_address(text + 5) : is_internet_address(text);
}

/* Prints into more and into less room; the text is in the caller's. */
static void print(const rdy_address *address, char text[RDY_ADDRESS_TEXT_MAX])
{
    const int length = rdy_address_print(address, text, RDY_ADDRESS_TEXT_MAX);
    must_hold(length > 0 && length < RDY_ADDRESS_TEXT_MAX);
    char *exact = malloc((size_t)length + 1);
    must_hold(exact != NULL && rdy_address_print(address, exact, (size_t)length / 2) == length);
    must_hold(rdy_address_print(address, exact, (size_t)length + 1) == length && strcmp(text, exact) == 0);
    free(exact);
}

/* Bytes of the system say more than a text can: NULs in a name, a path that begins with '@', no path at all. */
static bool is_text(const rdy_address *address)
{
    const struct sockaddr_un *local = (const void *)&address->storage;
    const size_t offset = offsetof(struct sockaddr_un, sun_path);
    if (rdy_address_family(address) != AF_UNIX)
        return true;
    if (address->length <= offset + 1 || address->length > sizeof *local || local->sun_path[0] == '@')
        return false;
    const bool is_abstract = local->sun_path[0] == '\0';
    const size_t length = address->length - offset - is_abstract;
    return strnlen(local->sun_path + is_abstract, length) == length - !is_abstract;
}

static void check(const rdy_address *address)
{
    char text[RDY_ADDRESS_TEXT_MAX];
    rdy_address again;
    print(address, text);
    must_hold(rdy_address_compare(address, address) == 0);
    if (!is_text(address))
        return;
    must_hold(rdy_address_parse(text, &again) == 0 && rdy_address_compare(address, &again) == 0);
    must_hold(rdy_address_family(&again) == rdy_address_family(address));
    must_hold(rdy_address_port(&again) == rdy_address_port(address));
}

static bool read_text(const uint8_t *bytes, size_t size, rdy_address *address)
{
    char *text = malloc(size + 1);
    must_hold(text != NULL);
    memcpy(text, bytes, size);
    text[size] = '\0';
    rdy_address untouched;
    memset(&untouched, 0x5a, sizeof untouched);
    *address = untouched;
    const bool taken = rdy_address_parse(text, address) == 0;
    must_hold(taken == is_address(text));
    must_hold(taken || memcmp(address, &untouched, sizeof untouched) == 0);
    free(text);
    return taken;
}

static bool read_bytes(const uint8_t *bytes, size_t size, rdy_address *address)
{
    void *copy = malloc(size + 1); /* on the heap, where reading past its end is seen */
    must_hold(copy != NULL);
    memcpy(copy, bytes, size);
    const bool taken =
        size >= sizeof(sa_family_t) && rdy_address_from_sockaddr(copy, (socklen_t)size, address) == 0;
    free(copy);
    return taken;
}

static int sign(int number)
{
    return (number > 0) - (number < 0);
}

/* A total order. */
static void compare(const rdy_address *a, const rdy_address *b, const rdy_address *c)
{
    must_hold(sign(rdy_address_compare(a, b)) == -sign(rdy_address_compare(b, a)));
    must_hold(rdy_address_compare(a, b) > 0 || rdy_address_compare(b, c) > 0 ||
              rdy_address_compare(a, c) <= 0);
}

/* Each half is read in both ways. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    rdy_address addresses[4];
    size_t count = 0;
    const size_t half = size / 2;
    count += read_text(bytes, size, &addresses[count]);
    count += read_bytes(bytes, size, &addresses[count]);
    count += read_text(bytes, half, &addresses[count]);
    count += read_bytes(bytes + half, size - half, &addresses[count]);
    for (size_t i = 0; i < count; i++)
        check(&addresses[i]);
    for (size_t i = 0; i < count * count * count; i++)
        compare(&addresses[i % count], &addresses[i / count % count], &addresses[i / count / count]);
    return 0;
}
