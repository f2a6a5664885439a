#include "apps/common/privileges.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "apps/common/option.h"
#include "reactor/error.h"

#ifdef __APPLE__
typedef int group_id; /* as initgroups(3) and getgrouplist(3) have it there */
#else
typedef gid_t group_id;
#endif

enum { GROUPS_MAX = 65536 }; /* that Linux lets a process have, others fewer */

/* A decimal number that can be an id: the highest one stands for none (chown(2)). */
static bool read_id(const char *text, uint32_t *id)
{
    if (*text == '\0' || strspn(text, "0123456789") != strlen(text))
        return false;
    errno = 0;
    const unsigned long long number = strtoull(text, NULL, 10);
    if (errno != 0 || number >= UINT32_MAX)
        return false;
    *id = (uint32_t)number;
    return true;
}

/*
 * For whom there is no entry errno says one thing here and another there; these are what keeps a system from looking
 * (getpwnam(3)).
 */
static int check_lookup(const char *option, const char *name)
{
    const int error = errno;
    if (error != EIO && error != EMFILE && error != ENFILE && error != ENOMEM)
        return 0;
    complain("%s: cannot look up '%s': %s", option, name, rdy_error_sentence(-error));
    return -error;
}

/* NULL for a number that has no entry. */
static int find_entry(const char *option, const char *name, uint32_t *id, const struct passwd **entry)
{
    errno = 0;
    *entry = getpwnam(name);
    if (*entry != NULL)
        return 0;
    const int error = check_lookup(option, name);
    if (error != 0)
        return error;
    if (!read_id(name, id)) {
        complain("%s: there is no user '%s'", option, name);
        return -EINVAL;
    }
    errno = 0;
    *entry = getpwuid((uid_t)*id);
    return *entry != NULL ? 0 : check_lookup(option, name);
}

/* With the group and the login of the user, if there is an entry; the group is `no_group` if not. */
static const gid_t no_group = (gid_t)-1;

static int find_user(const char *option, const char *name, run_as *who)
{
    uint32_t id = 0;
    const struct passwd *entry = NULL;
    const int error = find_entry(option, name, &id, &entry);
    if (error != 0)
        return error;
    *who = (run_as){.user = (uid_t)id, .group = no_group};
    if (entry != NULL && strlen(entry->pw_name) < sizeof who->login) {
        who->user = entry->pw_uid;
        who->group = entry->pw_gid;
        (void)snprintf(who->login, sizeof who->login, "%s", entry->pw_name);
    }
    return 0;
}

static int find_group(const char *option, const char *name, gid_t *group)
{
    uint32_t id = 0;
    errno = 0;
    const struct group *entry = getgrnam(name);
    const int error = entry == NULL ? check_lookup(option, name) : 0;
    if (error != 0)
        return error;
    if (entry == NULL && !read_id(name, &id)) {
        complain("%s: there is no group '%s'", option, name);
        return -EINVAL;
    }
    *group = entry != NULL ? entry->gr_gid : (gid_t)id;
    return 0;
}

/* What a program that is not root would only find out at the end, and whom it helps nobody to become. */
static int check(const char *option, const run_as *who)
{
    if (who->user == 0)
        complain("%s: to go on as root gives nothing up", option);
    else if (who->group == no_group)
        complain("%s: user %lu has no entry here, so a group is needed too: %lu:GROUP", option,
                 (unsigned long)who->user, (unsigned long)who->user);
    else if (who->group == 0)
        complain("%s: to go on in the group of root does not give all up", option);
    else if (geteuid() != 0)
        complain("%s: only root can become another user", option);
    else
        return 0;
    return -EINVAL;
}

static bool has_group_of_root(const group_id *groups, int count)
{
    for (int i = 0; i < count; i++)
        if (groups[i] == 0)
            return true;
    return false;
}

/* The groups that come with the login. */
static int check_groups(const char *option, const run_as *who)
{
    static group_id groups[GROUPS_MAX];
    int count = GROUPS_MAX;
    errno = 0;
    if (getgrouplist(who->login, (group_id)who->group, groups, &count) < 0) {
        const int error = errno != 0 ? errno : ENOMEM;
        complain("%s: cannot look up the groups of '%s': %s", option, who->login, rdy_error_sentence(-error));
        return -error;
    }
    if (!has_group_of_root(groups, count))
        return 0;
    complain(
        "%s: '%s' is in the group of root too, which does not give all up: %s:GROUP has that group alone",
        option, who->login, who->login);
    return -EINVAL;
}

int option_run_as(const char *option, const char *text, run_as *out)
{
    char name[LOGIN_SIZE];
    const char *const colon = strchr(text, ':');
    const size_t length = colon != NULL ? (size_t)(colon - text) : strlen(text);
    if (length == 0 || length >= sizeof name || (colon != NULL && colon[1] == '\0')) {
        complain("%s: expected USER or USER:GROUP, not '%s'", option, text);
        return -EINVAL;
    }
    memcpy(name, text, length);
    name[length] = '\0';

    run_as who;
    int error = find_user(option, name, &who);
    if (error == 0 && colon != NULL) {
        error = find_group(option, colon + 1, &who.group);
        who.login[0] = '\0';
    }
    if (error == 0)
        error = check(option, &who);
    if (error == 0 && who.login[0] != '\0')
        error = check_groups(option, &who);
    if (error == 0)
        *out = who;
    return error;
}

static int set_groups(const run_as *who)
{
    const int result =
        who->login[0] != '\0' ? initgroups(who->login, (group_id)who->group) : setgroups(1, &who->group);
    return result < 0 || setgid(who->group) < 0 ? -errno : 0;
}

/* Looked at again: where the file of groups cannot be read for a moment, glibc's getgrouplist(3) says there are none. */
static bool is_in_group_of_root(void)
{
    static gid_t groups[GROUPS_MAX];
    const int count = getgroups(GROUPS_MAX, groups);
    for (int i = 0; i < count; i++)
        if (groups[i] == 0)
            return true;
    return count < 0;
}

static bool is_for_good(const run_as *who)
{
    return getuid() == who->user && geteuid() == who->user && getgid() == who->group &&
           getegid() == who->group && !is_in_group_of_root() && setuid(0) < 0 && seteuid(0) < 0;
}

int privileges_drop(const run_as *who)
{
    const int error = set_groups(who); /* first: only root may */
    if (error != 0)
        return error;
    if (setuid(who->user) < 0)
        return -errno;
    return is_for_good(who) ? 0 : -EPERM;
}

void privileges_refuse_more(void)
{
#ifdef PR_SET_NO_NEW_PRIVS
    /* Fails before Linux 3.5, which has nothing to refuse with. */
    (void)prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L);
#endif
}
