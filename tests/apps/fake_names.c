#include "tests/apps/fake_names.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef int lookup_function(const char *, const char *, const struct addrinfo *, struct addrinfo **);
typedef void free_function(struct addrinfo *);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t released = PTHREAD_COND_INITIALIZER;
static bool held;

static const char mark[] = "made here";

const int fake_system_error = -EMFILE;

void fake_names_begin(void)
{
}

void fake_names_end(void)
{
    slow_names_release();
}

static void set_held(bool value)
{
    pthread_mutex_lock(&lock);
    held = value;
    pthread_cond_broadcast(&released);
    pthread_mutex_unlock(&lock);
}

void slow_names_hold(void)
{
    set_held(true);
}

void slow_names_release(void)
{
    set_held(false);
}

static void wait_for_release(void)
{
    pthread_mutex_lock(&lock);
    while (held)
        pthread_cond_wait(&released, &lock);
    pthread_mutex_unlock(&lock);
}

enum { ADDRESSES_MAX = 4 };

static const struct fake {
    const char *name;
    int code;       /* what getaddrinfo returns */
    int error;      /* and leaves in errno */
    bool is_waited; /* until slow names are released */
    const char *addresses[ADDRESSES_MAX];
} fakes[] = {
    {.name = SLOW_NAME, .code = EAI_NONAME, .is_waited = true},
    {.name = LATE_NAME, .is_waited = true, .addresses = {"127.0.0.1"}},
    {.name = TWO_NAME, .addresses = {"127.0.0.2", "127.0.0.1"}},
    {.name = THREE_NAME, .addresses = {"127.0.0.3", "127.0.0.2", "127.0.0.1"}},
    {.name = BOTH_NAME, .addresses = {"::1", "127.0.0.1"}},
    {.name = MAPPED_NAME, .addresses = {"::ffff:127.0.0.1", "::1"}},
    {.name = FIRST_NAME, .addresses = {"127.0.0.1"}},
    {.name = SECOND_NAME, .addresses = {"127.0.0.1"}},
    {.name = AGAIN_NAME, .code = EAI_AGAIN},
    {.name = SYSTEM_NAME, .code = EAI_SYSTEM, .error = EMFILE},
};

/* One address in one block of memory, for freeaddrinfo below. */
static struct addrinfo *make_entry(const char *text)
{
    struct entry {
        struct addrinfo info;
        union {
            struct sockaddr any;
            struct sockaddr_in v4;
            struct sockaddr_in6 v6;
        } address;
    } *entry = calloc(1, sizeof *entry);
    if (entry == NULL)
        abort();
    const bool is_v6 = strchr(text, ':') != NULL;
    entry->info.ai_family = is_v6 ? AF_INET6 : AF_INET;
    entry->info.ai_addr = &entry->address.any;
    entry->info.ai_addrlen = is_v6 ? sizeof entry->address.v6 : sizeof entry->address.v4;
    entry->info.ai_canonname = (char *)(uintptr_t)mark;
    entry->address.any.sa_family = is_v6 ? AF_INET6 : AF_INET;
    if (is_v6)
        inet_pton(AF_INET6, text, &entry->address.v6.sin6_addr);
    else
        inet_pton(AF_INET, text, &entry->address.v4.sin_addr);
    return &entry->info;
}

static int make_list(const struct fake *fake, int family, struct addrinfo **found)
{
    struct addrinfo **end = found;
    *found = NULL;
    for (size_t i = 0; i < ADDRESSES_MAX && fake->addresses[i] != NULL; i++) {
        struct addrinfo *entry = make_entry(fake->addresses[i]);
        if (family != AF_UNSPEC && family != entry->ai_family) {
            free(entry);
            continue;
        }
        *end = entry;
        end = &entry->ai_next;
    }
    return *found == NULL ? EAI_NONAME : 0;
}

static int look_up(const struct fake *fake, int family, struct addrinfo **found)
{
    if (fake->is_waited)
        wait_for_release();
    errno = fake->error;
    return fake->code != 0 ? fake->code : make_list(fake, family, found);
}

/* A pointer to an object does not convert to one to a function in C; POSIX has both of one size. */
static void find_system_function(const char *name, void *function)
{
    void *symbol = dlsym(RTLD_NEXT, name);
    memcpy(function, &symbol, sizeof symbol);
}

int getaddrinfo(const char *restrict name, const char *restrict service,
                const struct addrinfo *restrict hints, struct addrinfo **restrict found)
{
    for (size_t i = 0; name != NULL && i < sizeof fakes / sizeof fakes[0]; i++)
        if (strcmp(name, fakes[i].name) == 0)
            return look_up(&fakes[i], hints->ai_family, found);
    lookup_function *function;
    find_system_function("getaddrinfo", &function);
    return function(name, service, hints, found);
}

void freeaddrinfo(struct addrinfo *found)
{
    if (found->ai_canonname != mark) {
        free_function *function;
        find_system_function("freeaddrinfo", &function);
        function(found);
        return;
    }
    while (found != NULL) {
        struct addrinfo *next = found->ai_next;
        free(found);
        found = next;
    }
}
