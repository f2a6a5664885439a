#include "reactor/os/debug_table.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "reactor/os/descriptor_array.h"

static int make_room(struct rdy_debug_table *table, int fd)
{
    struct rdy_debug_record **records =
        rdy_descriptor_array_reach(table->records, fd, sizeof(struct rdy_debug_record *), &table->size);
    if (records == NULL)
        return -ENOMEM;
    table->records = records;
    return 0;
}

int rdy_debug_table_make(struct rdy_debug_table *table, int fd, rdy_token token, rdy_interest interest,
                         struct rdy_debug_record **out)
{
    struct stat file;
    if (fstat(fd, &file) < 0)
        return -errno;
    struct rdy_debug_record *record = malloc(sizeof *record);
    if (record == NULL || make_room(table, fd) != 0) {
        free(record);
        return -ENOMEM;
    }
    *record = (struct rdy_debug_record){
        .token = token, .interest = interest, .fd = fd, .device = file.st_dev, .inode = file.st_ino};
    *out = record;
    return 0;
}

struct rdy_debug_record *rdy_debug_table_put(struct rdy_debug_table *table, struct rdy_debug_record *record)
{
    struct rdy_debug_record *former = table->records[record->fd];
    table->records[record->fd] = record;
    table->count += former == NULL;
    return former;
}

struct rdy_debug_record *rdy_debug_table_find(const struct rdy_debug_table *table, int fd)
{
    return fd < table->size ? table->records[fd] : NULL;
}

struct rdy_debug_record *rdy_debug_table_take(struct rdy_debug_table *table, int fd)
{
    struct rdy_debug_record *record = rdy_debug_table_find(table, fd);
    if (record != NULL) {
        table->records[fd] = NULL;
        table->count--;
    }
    return record;
}

static void push(struct rdy_debug_record **list, struct rdy_debug_record *record)
{
    if (record == NULL)
        return;
    record->next = *list;
    *list = record;
}

int rdy_debug_table_retire(struct rdy_debug_table *table, struct rdy_debug_record *record)
{
    push(&table->retired, record);
    table->retired_count += record != NULL;
    return table->retired_count;
}

void rdy_debug_table_orphan(struct rdy_debug_table *table, struct rdy_debug_record *record)
{
    push(&table->orphans, record);
}

static void free_list(struct rdy_debug_record **list)
{
    while (*list != NULL) {
        struct rdy_debug_record *record = *list;
        *list = record->next;
        free(record);
    }
}

void rdy_debug_table_sweep(struct rdy_debug_table *table)
{
    free_list(&table->retired);
    table->retired_count = 0;
}

void rdy_debug_table_free(struct rdy_debug_table *table)
{
    free_list(&table->retired);
    free_list(&table->orphans);
    for (int fd = 0; fd < table->size; fd++)
        free(table->records[fd]);
    free(table->records);
    *table = (struct rdy_debug_table){0};
}

int rdy_debug_record_check(const struct rdy_debug_record *record)
{
    struct stat file;
    if (fstat(record->fd, &file) < 0)
        return errno == EBADF ? -EBADF : 0; /* the system does not say */
    return file.st_dev == record->device && file.st_ino == record->inode ? 0 : -ENOENT;
}
