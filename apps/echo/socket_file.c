#include "apps/echo/socket_file.h"

#include <errno.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "net/unix_stream.h"

static const char *path_of(const rdy_address *address)
{
    return ((const struct sockaddr_un *)(const void *)&address->storage)->sun_path;
}

socket_file socket_file_of(const rdy_address *address)
{
    socket_file file = {.address = *address};
    struct stat status;
    const char *const path = path_of(&file.address);
    if (path[0] == '\0' || lstat(path, &status) != 0 || !S_ISSOCK(status.st_mode))
        return file;
    file.device = status.st_dev;
    file.inode = status.st_ino;
    file.exists = true;
    return file;
}

bool socket_file_remove_stale(const rdy_address *address)
{
    socket_file file = socket_file_of(address);
    if (!file.exists)
        return false;
    rdy_unix_stream stream;
    const int error = rdy_unix_stream_connect(address, &stream);
    if (error == 0)
        rdy_unix_stream_close(&stream);
    if (error != -ECONNREFUSED)
        return false;
    socket_file_remove(&file);
    return true;
}

void socket_file_remove(socket_file *file)
{
    const socket_file now = socket_file_of(&file->address);
    if (file->exists && now.exists && now.device == file->device && now.inode == file->inode)
        (void)unlink(path_of(&file->address)); /* somebody else was faster, or it stays: nothing to be done */
    file->exists = false;
}
