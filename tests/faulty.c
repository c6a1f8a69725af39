/* Preloaded into a command: makes writes to some files fail, and sets its clock back.

   FAULTY_PATHS  parts of file names, separated by ':', whose writes fail with EIO
   FAULTY_AFTER  number of writes that succeed before
   FAULTY_CLOCK  a file; once it exists, the clock is an hour behind */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static int fails(int fd) {
    static int written;
    const char *paths = getenv("FAULTY_PATHS"), *after = getenv("FAULTY_AFTER");
    char link[64], name[4096], part[256];
    if (!paths)
        return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, name, sizeof name - 1);
    if (length < 0)
        return 0;
    name[length] = 0;
    while (*paths) {
        size_t size = strcspn(paths, ":");
        snprintf(part, sizeof part, "%.*s", (int)size, paths);
        if (size && strstr(name, part) && __sync_fetch_and_add(&written, 1) >= (after ? atoi(after) : 0)) {
            errno = EIO;
            return 1;
        }
        paths += size + (paths[size] == ':');
    }
    return 0;
}

#define REAL(type, name, ...) ((type (*)(__VA_ARGS__))dlsym(RTLD_NEXT, name))

ssize_t write(int fd, const void *data, size_t size) {
    return fails(fd) ? -1 : REAL(ssize_t, "write", int, const void *, size_t)(fd, data, size);
}
ssize_t writev(int fd, const struct iovec *parts, int count) {
    return fails(fd) ? -1 : REAL(ssize_t, "writev", int, const struct iovec *, int)(fd, parts, count);
}
ssize_t pwrite(int fd, const void *data, size_t size, off_t at) {
    return fails(fd) ? -1 : REAL(ssize_t, "pwrite", int, const void *, size_t, off_t)(fd, data, size, at);
}
ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) {
    return fails(fd) ? -1 : REAL(ssize_t, "pwrite64", int, const void *, size_t, off64_t)(fd, data, size, at);
}
int fsync(int fd) { return fails(fd) ? -1 : REAL(int, "fsync", int)(fd); }
int fdatasync(int fd) { return fails(fd) ? -1 : REAL(int, "fdatasync", int)(fd); }

static time_t behind(void) {
    const char *file = getenv("FAULTY_CLOCK");
    return file && !access(file, F_OK) ? 3600 : 0;
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    int code = REAL(int, "clock_gettime", clockid_t, struct timespec *)(clock, now);
    if (!code && clock == CLOCK_REALTIME)
        now->tv_sec -= behind();
    return code;
}
int gettimeofday(struct timeval *now, void *zone) {
    int code = REAL(int, "gettimeofday", struct timeval *, void *)(now, zone);
    if (!code)
        now->tv_sec -= behind();
    return code;
}
time_t time(time_t *now) {
    time_t seconds = REAL(time_t, "time", time_t *)(NULL) - behind();
    if (now)
        *now = seconds;
    return seconds;
}
