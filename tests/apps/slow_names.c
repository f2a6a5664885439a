#include "tests/apps/slow_names.h"

#include <dlfcn.h>
#include <netdb.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>

typedef int lookup_function(const char *, const char *, const struct addrinfo *, struct addrinfo **);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t released = PTHREAD_COND_INITIALIZER;
static bool held;

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

/* A pointer to an object does not convert to one to a function in C; POSIX has both of one size. */
static lookup_function *system_lookup(void)
{
    void *symbol = dlsym(RTLD_NEXT, "getaddrinfo");
    lookup_function *function;
    memcpy(&function, &symbol, sizeof function);
    return function;
}

int getaddrinfo(const char *restrict name, const char *restrict service,
                const struct addrinfo *restrict hints, struct addrinfo **restrict list)
{
    if (name == NULL || strcmp(name, SLOW_NAME) != 0)
        return system_lookup()(name, service, hints, list);
    pthread_mutex_lock(&lock);
    while (held)
        pthread_cond_wait(&released, &lock);
    pthread_mutex_unlock(&lock);
    return EAI_NONAME;
}
