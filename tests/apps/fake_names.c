#include "tests/apps/fake_names.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>

typedef int lookup_function(const char *, const char *, const struct addrinfo *, struct addrinfo **);
typedef void free_function(struct addrinfo *);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t released = PTHREAD_COND_INITIALIZER;
static bool held;

static struct sockaddr_in hosts[2];
static struct addrinfo list[2]; /* the second host alone, or both */
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void make_list(void)
{
    for (int i = 0; i < 2; i++) {
        hosts[i].sin_family = AF_INET;
        hosts[i].sin_addr.s_addr = htonl(i == 0 ? INADDR_LOOPBACK + 1 : INADDR_LOOPBACK);
        list[i].ai_family = AF_INET;
        list[i].ai_addr = (struct sockaddr *)&hosts[i];
        list[i].ai_addrlen = sizeof hosts[i];
    }
    list[0].ai_next = &list[1];
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

static int wait_and_fail(struct addrinfo **found)
{
    (void)found;
    wait_for_release();
    return EAI_NONAME;
}

static int find_both(struct addrinfo **found)
{
    *found = &list[0];
    return 0;
}

static int find_one(struct addrinfo **found)
{
    *found = &list[1];
    return 0;
}

static int wait_and_find(struct addrinfo **found)
{
    wait_for_release();
    return find_one(found);
}

static int fail_for_now(struct addrinfo **found)
{
    (void)found;
    return EAI_AGAIN;
}

static int fail_without_descriptor(struct addrinfo **found)
{
    (void)found;
    errno = EMFILE;
    return EAI_SYSTEM;
}

static const struct {
    const char *name;
    int (*look_up)(struct addrinfo **);
} names[] = {
    {SLOW_NAME, wait_and_fail},
    {LATE_NAME, wait_and_find},
    {TWO_NAME, find_both},
    {FIRST_NAME, find_one},
    {SECOND_NAME, find_one},
    {AGAIN_NAME, fail_for_now},
    {SYSTEM_NAME, fail_without_descriptor},
};

/* A pointer to an object does not convert to one to a function in C; POSIX has both of one size. */
static void find_system_function(const char *name, void *function)
{
    void *symbol = dlsym(RTLD_NEXT, name);
    memcpy(function, &symbol, sizeof symbol);
}

int getaddrinfo(const char *restrict name, const char *restrict service,
                const struct addrinfo *restrict hints, struct addrinfo **restrict found)
{
    pthread_once(&once, make_list);
    for (size_t i = 0; name != NULL && i < sizeof names / sizeof names[0]; i++)
        if (strcmp(name, names[i].name) == 0)
            return names[i].look_up(found);
    lookup_function *function;
    find_system_function("getaddrinfo", &function);
    return function(name, service, hints, found);
}

void freeaddrinfo(struct addrinfo *found)
{
    if (found == &list[0] || found == &list[1])
        return;
    free_function *function;
    find_system_function("freeaddrinfo", &function);
    function(found);
}
