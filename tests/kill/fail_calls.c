// LD_PRELOAD: lets call number FAIL_AT of the calls that put data on a disk fail, once or from then
// on; at call number KILL_AT the process is killed (SIGKILL) instead. KILL_ON kills it when it opens
// a path that holds the text; with KILL_CHILD only where it is a forked one. FAIL_LOG names a file
// that gets the number of calls seen, with READ_FAILS_OF also that of the reads it means. Only files
// below FAIL_BELOW count, with COUNT_FROM only from the first one on whose path holds that text.
// READ_FAILS_OF: reads of files whose path holds the text fail from byte READ_FAILS_FROM on, as
// where a disk has gone bad; with READ_FAILS_AT only the one of that number, as where it was away
// for a moment.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static atomic_long calls;
static long fail_at = -1;
static long kill_at = -1;
static int fail_errno = EIO;
static int sticky;
static const char *below;
static const char *log_file;
static const char *kill_on;
static const char *read_fails_of;
static off64_t read_fails_from;
static long read_fails_at = -1;
static int read_fails_once;
static atomic_long reads;
static const char *count_from;
static atomic_int counting;
static pid_t first_process;

__attribute__((constructor)) static void setup(void) {
  const char *text = getenv("FAIL_AT");
  if (text) fail_at = atol(text);
  text = getenv("KILL_AT");
  if (text) kill_at = atol(text);
  text = getenv("FAIL_ERRNO");
  if (text) fail_errno = atoi(text);
  sticky = getenv("FAIL_STICKY") != NULL;
  below = getenv("FAIL_BELOW");
  log_file = getenv("FAIL_LOG");
  kill_on = getenv("KILL_ON");
  read_fails_of = getenv("READ_FAILS_OF");
  text = getenv("READ_FAILS_FROM");
  if (text) read_fails_from = atoll(text);
  text = getenv("READ_FAILS_AT");
  if (text) read_fails_at = atol(text);
  read_fails_once = text != NULL;
  count_from = getenv("COUNT_FROM");
  atomic_store(&counting, count_from == NULL);
  first_process = getenv("KILL_CHILD") ? getpid() : 0;
}

__attribute__((destructor)) static void report(void) {
  if (!log_file) return;
  int (*real_open)(const char *, int, ...) = dlsym(RTLD_NEXT, "open");
  ssize_t (*real_write)(int, const void *, size_t) = dlsym(RTLD_NEXT, "write");
  int fd = real_open(log_file, O_WRONLY | O_CREAT | O_TRUNC, 0644);
  if (fd < 0) return;
  char line[64];
  int length = read_fails_of ? snprintf(line, sizeof line, "%ld %ld\n", atomic_load(&calls), atomic_load(&reads))
                             : snprintf(line, sizeof line, "%ld\n", atomic_load(&calls));
  if (real_write(fd, line, (size_t)length) != length) _exit(99);
}

static int path_counts(const char *path) {
  char full[PATH_MAX];
  if (!below || !path) return 0;
  if (count_from && strstr(path, count_from)) atomic_store(&counting, 1);
  if (!atomic_load(&counting)) return 0;
  if (path[0] == '/') return strncmp(path, below, strlen(below)) == 0;
  if (!getcwd(full, sizeof full - 1)) return 0;
  return strncmp(full, below, strlen(below)) == 0;
}

/// Whether the descriptor has a path at all; `path` has PATH_MAX bytes.
static int path_of(int fd, char *path) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, PATH_MAX - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return 1;
}

static int fd_counts(int fd) {
  char path[PATH_MAX];
  return path_of(fd, path) && path_counts(path);
}

static int read_fails(int fd, off64_t at, size_t size) {
  char path[PATH_MAX];
  if (!read_fails_of || at + (off64_t)size <= read_fails_from) return 0;
  if (!path_of(fd, path) || !strstr(path, read_fails_of)) return 0;
  long number = atomic_fetch_add(&reads, 1);
  if (read_fails_once && number != read_fails_at) return 0;
  errno = fail_errno;
  return 1;
}

static int fails(int counts) {
  if (!counts) return 0;
  long number = atomic_fetch_add(&calls, 1);
  if (number == kill_at) kill(getpid(), SIGKILL);
  int hit = fail_at >= 0 && (number == fail_at || (sticky && number > fail_at));
  if (hit) errno = fail_errno;
  return hit;
}

#define REAL(type, name, ...) \
  static type (*real)(__VA_ARGS__); \
  if (!real) real = (type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name)

ssize_t read(int fd, void *data, size_t size) {
  REAL(ssize_t, read, int, void *, size_t);
  off64_t at = read_fails_of ? lseek64(fd, 0, SEEK_CUR) : 0;
  return at >= 0 && read_fails(fd, at, size) ? -1 : real(fd, data, size);
}
ssize_t pread(int fd, void *data, size_t size, off_t at) {
  REAL(ssize_t, pread, int, void *, size_t, off_t);
  return read_fails(fd, at, size) ? -1 : real(fd, data, size, at);
}
ssize_t pread64(int fd, void *data, size_t size, off64_t at) {
  REAL(ssize_t, pread64, int, void *, size_t, off64_t);
  return read_fails(fd, at, size) ? -1 : real(fd, data, size, at);
}
ssize_t write(int fd, const void *data, size_t size) {
  REAL(ssize_t, write, int, const void *, size_t);
  return fails(fd_counts(fd)) ? -1 : real(fd, data, size);
}
ssize_t pwrite(int fd, const void *data, size_t size, off_t at) {
  REAL(ssize_t, pwrite, int, const void *, size_t, off_t);
  return fails(fd_counts(fd)) ? -1 : real(fd, data, size, at);
}
ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) {
  REAL(ssize_t, pwrite64, int, const void *, size_t, off64_t);
  return fails(fd_counts(fd)) ? -1 : real(fd, data, size, at);
}
int fsync(int fd) {
  REAL(int, fsync, int);
  return fails(fd_counts(fd)) ? -1 : real(fd);
}
int fdatasync(int fd) {
  REAL(int, fdatasync, int);
  return fails(fd_counts(fd)) ? -1 : real(fd);
}
int ftruncate(int fd, off_t size) {
  REAL(int, ftruncate, int, off_t);
  return fails(fd_counts(fd)) ? -1 : real(fd, size);
}
int ftruncate64(int fd, off64_t size) {
  REAL(int, ftruncate64, int, off64_t);
  return fails(fd_counts(fd)) ? -1 : real(fd, size);
}
int close(int fd) {
  REAL(int, close, int);
  // As on a network file system: the descriptor is gone, the error says that data may be too.
  int failed = fails(fd_counts(fd));
  int result = real(fd);
  if (failed) errno = fail_errno;
  return failed ? -1 : result;
}
int rename(const char *from, const char *to) {
  REAL(int, rename, const char *, const char *);
  return fails(path_counts(to)) ? -1 : real(from, to);
}
int mkdir(const char *path, mode_t mode) {
  REAL(int, mkdir, const char *, mode_t);
  return fails(path_counts(path)) ? -1 : real(path, mode);
}
int unlink(const char *path) {
  REAL(int, unlink, const char *);
  return fails(path_counts(path)) ? -1 : real(path);
}
int remove(const char *path) {
  REAL(int, remove, const char *);
  return fails(path_counts(path)) ? -1 : real(path);
}
int unlinkat(int folder, const char *path, int flags) {
  REAL(int, unlinkat, int, const char *, int);
  return fails(folder == AT_FDCWD ? path_counts(path) : fd_counts(folder)) ? -1 : real(folder, path, flags);
}
#define OPEN(name) \
  int name(const char *path, int flags, ...) { \
    REAL(int, name, const char *, int, ...); \
    va_list list; \
    va_start(list, flags); \
    mode_t mode = (flags & (O_CREAT | O_TMPFILE)) ? va_arg(list, mode_t) : 0; \
    va_end(list); \
    if (kill_on && strstr(path, kill_on) && getpid() != first_process) raise(SIGKILL); \
    return fails(path_counts(path)) ? -1 : real(path, flags, mode); \
  }
OPEN(open)
OPEN(open64)
