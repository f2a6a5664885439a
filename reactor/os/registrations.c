#include "reactor/os/registrations.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "reactor/os/backend.h"
#include "reactor/os/descriptor_array.h"

static bool is_never_unready(const struct stat *file)
{
    return S_ISREG(file->st_mode) || S_ISDIR(file->st_mode) || S_ISBLK(file->st_mode);
}

static bool is_same_file(const struct rdy_registration *entry, const struct stat *file)
{
    return entry->device == file->st_dev && entry->inode == file->st_ino;
}

static void renew(struct rdy_registrations *table, struct rdy_registration *entry, rdy_token token,
                  rdy_interest interest)
{
    entry->token = token;
    entry->interest = interest;
    entry->armed = interest & RDY_CONDITIONS;
    entry->generation = ++table->generation;
}

int rdy_registrations_add(struct rdy_registrations *table, int fd, rdy_token token, rdy_interest interest)
{
    struct stat file;
    if (fstat(fd, &file) < 0)
        return -errno;
    if (is_never_unready(&file))
        return -EPERM;
    struct rdy_registration *entries =
        rdy_descriptor_array_reach(table->entries, fd, sizeof *entries, &table->size);
    if (entries == NULL)
        return -ENOMEM;
    table->entries = entries;
    struct rdy_registration *entry = &entries[fd];
    if (entry->generation != 0 && is_same_file(entry, &file))
        return -EEXIST;
    *entry = (struct rdy_registration){.device = file.st_dev, .inode = file.st_ino};
    renew(table, entry, token, interest);
    if (fd >= table->end)
        table->end = fd + 1;
    return 0;
}

struct rdy_registration *rdy_registrations_find(const struct rdy_registrations *table, int fd)
{
    if (fd < 0 || fd >= table->end || table->entries[fd].generation == 0)
        return NULL;
    return &table->entries[fd];
}

int rdy_registrations_check(const struct rdy_registration *entry, int fd)
{
    struct stat file;
    if (fstat(fd, &file) < 0)
        return -errno;
    return is_same_file(entry, &file) ? 0 : -ENOENT;
}

void rdy_registrations_drop(struct rdy_registrations *table, struct rdy_registration *entry)
{
    *entry = (struct rdy_registration){0};
    while (table->end > 0 && table->entries[table->end - 1].generation == 0)
        table->end--;
}

int rdy_registrations_change(struct rdy_registrations *table, int fd, rdy_token token, rdy_interest interest)
{
    struct rdy_registration *entry = rdy_registrations_find(table, fd);
    if (entry == NULL)
        return -ENOENT;
    const int error = rdy_registrations_check(entry, fd);
    if (error == 0)
        renew(table, entry, token, interest);
    else if (error == -ENOENT)
        rdy_registrations_drop(table, entry);
    return error;
}

int rdy_registrations_remove(struct rdy_registrations *table, int fd)
{
    struct rdy_registration *entry = rdy_registrations_find(table, fd);
    if (entry == NULL)
        return -ENOENT;
    const int error = rdy_registrations_check(entry, fd);
    rdy_registrations_drop(table, entry);
    return rdy_backend_has_lost(error) ? error : 0;
}

void rdy_registrations_free(struct rdy_registrations *table)
{
    free(table->entries);
    *table = (struct rdy_registrations){0};
}
