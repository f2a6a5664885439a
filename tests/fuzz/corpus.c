/* In the place of libFuzzer: gives the target each file of the folders that are named, once. */

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/fuzz/fuzz.h"

/* Memory of the exact size, so that a sanitizer sees what is read past its end. */
static int feed(const char *path)
{
    struct stat status;
    FILE *file = fopen(path, "rb");
    if (file == NULL || fstat(fileno(file), &status) != 0) {
        perror(path);
        exit(EXIT_FAILURE);
    }
    const size_t size = (size_t)status.st_size;
    uint8_t *bytes = malloc(size);
    must_hold(size == 0 || (bytes != NULL && fread(bytes, 1, size, file) == size));
    fclose(file);
    printf("%s\n", path);
    fflush(stdout); /* the last one is the one that ended the program */
    (void)LLVMFuzzerTestOneInput(bytes, size);
    free(bytes);
    return 1;
}

static int feed_all(const char *folder)
{
    char path[4096];
    int count = 0;
    struct dirent **entries;
    const int found = scandir(folder, &entries, NULL, alphasort);
    for (int i = 0; i < found; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        count += entries[i]->d_name[0] == '.' ? 0 : feed(path);
        free(entries[i]);
    }
    if (found >= 0)
        free(entries);
    return count;
}

int main(int argc, char **argv)
{
    int count = 0;
    for (int i = 1; i < argc; i++)
        count += feed_all(argv[i]);
    printf("%d inputs\n", count);
    return count > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
