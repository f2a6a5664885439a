#include "bench/load/server.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { PATH_SIZE = 64 };

static void path_of(char path[PATH_SIZE], pid_t pid, const char *name)
{
    snprintf(path, PATH_SIZE, "/proc/%ld/%s", (long)pid, name);
}

enum { NAME_FIELD = 2, USER_FIELD = 14, LINE_SIZE = 1024 };

/* The fields are told apart by spaces, but the second, the name of the program, may hold anything. */
static int read_ticks(pid_t pid, int64_t *user, int64_t *system)
{
    char path[PATH_SIZE];
    char line[LINE_SIZE] = "";
    path_of(path, pid, "stat");
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return -errno;
    (void)!fread(line, 1, sizeof line - 1, file);
    fclose(file);
    char *field = strrchr(line, ')');
    for (int i = NAME_FIELD; i < USER_FIELD && field != NULL; i++)
        field = strchr(field + 1, ' ');
    if (field == NULL)
        return -ESRCH;
    *user = strtoll(field, &field, 10);
    *system = strtoll(field, NULL, 10);
    return 0;
}

/*
 * The clock of the process is the sum over its threads of what /proc/PID/task/TID/schedstat shows, to which the
 * kernel adds each thread that ends; the sum over those files loses it, and /proc/PID/schedstat is the first
 * thread alone.
 */
int server_cpu_read(pid_t pid, int64_t *ns)
{
    clockid_t clock;
    struct timespec cpu;
    const int error = clock_getcpuclockid(pid, &clock);
    if (error != 0)
        return -error;
    if (clock_gettime(clock, &cpu) < 0)
        return -errno;
    *ns = (int64_t)cpu.tv_sec * 1000000000 + cpu.tv_nsec;
    return 0;
}

int server_time_read(pid_t pid, struct server_time *time)
{
    int64_t cpu_ns = 0;
    int64_t user = 0;
    int64_t system = 0;
    int status = server_cpu_read(pid, &cpu_ns);
    if (status == 0)
        status = read_ticks(pid, &user, &system);
    if (status < 0)
        return status;
    const int64_t tick_ns = INT64_C(1000000000) / sysconf(_SC_CLK_TCK);
    *time = (struct server_time){
        .cpu_ns = cpu_ns,
        .user_ns = user * tick_ns,
        .system_ns = system * tick_ns,
    };
    return 0;
}

/* The kilobytes in the line of that file which begins with `label`. What has ended has a folder and no such line. */
static int read_size(pid_t pid, const char *name, const char *label, int64_t *bytes)
{
    char path[PATH_SIZE];
    char line[LINE_SIZE];
    int64_t kibibytes = -1;
    path_of(path, pid, name);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return -errno;
    while (kibibytes < 0 && fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, label, strlen(label)) == 0)
            kibibytes = strtoll(line + strlen(label), NULL, 10);
    fclose(file);
    if (kibibytes < 0)
        return -ESRCH;
    *bytes = kibibytes * 1024;
    return 0;
}

int server_memory_read(pid_t pid, int64_t *bytes)
{
    return read_size(pid, "smaps_rollup", "Rss:", bytes);
}

int server_memory_peak_read(pid_t pid, int64_t *bytes)
{
    return read_size(pid, "status", "VmHWM:", bytes);
}

int server_descriptors_count(pid_t pid, int64_t *count)
{
    char path[PATH_SIZE];
    int64_t found = 0;
    path_of(path, pid, "fd");
    DIR *directory = opendir(path);
    if (directory == NULL)
        return -errno;
    for (const struct dirent *entry = readdir(directory); entry != NULL; entry = readdir(directory))
        found += entry->d_name[0] != '.';
    closedir(directory);
    *count = found;
    return 0;
}

/* The size of the folder is their number since Linux 6.2; it was 0 before. */
int server_descriptors_look(pid_t pid, int64_t *count)
{
    char path[PATH_SIZE];
    struct stat status;
    path_of(path, pid, "fd");
    if (stat(path, &status) < 0)
        return -errno;
    if (status.st_size == 0)
        return server_descriptors_count(pid, count);
    *count = status.st_size;
    return 0;
}
