// LD_PRELOAD: a power cut at call number CUT_AT of the calls that put data on a disk, below CUT_BELOW. What was not
// made durable is lost before the process is killed: bytes written since a file's last fsync, and names made, moved or
// removed since the last fsync of their folder, the last first. This is the least that POSIX promises; file systems
// keep more. With CUT_SEED only a part is lost, as chance wants: some of the last names, some of the bytes. CUT_GRAVE
// names a folder of the same file system, outside of CUT_BELOW, for what a lost rename or removal brings back. CUT_LOG
// gets what was lost, "names files", or without a cut the number of calls. A CUT_AT of that number or more cuts at exit.
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { kFiles = 1 << 16, kOps = 1 << 16 };

enum Kind { kMade, kFolder, kMoved, kSwapped, kGone, kFolderGone };
struct Op {
  enum Kind kind;
  char *path, *other;  // other: where it came from, or where the old one lies
  char *grave;         // of what a rename replaced, or NULL
};
struct File {
  ino_t inode;
  off64_t durable;      // bytes
  off64_t low, high;    // rewritten within them since, or low >= high
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct File files[kFiles];
static struct Op ops[kOps];
static int file_count, op_count, graves;
static long calls, cut_at = -1, seed;
static const char *below, *grave_folder, *log_file;
static __thread int inside;  // our own calls are not counted

static void die(const char *what) {
  fprintf(stderr, "power_cut: %s: %s\n", what, strerror(errno));
  _exit(98);
}

static int counts(const char *path) {
  size_t length = below ? strlen(below) : 0;
  return length && path && strncmp(path, below, length) == 0 && (path[length] == 0 || path[length] == '/');
}

/// The path as a whole one; `out` has PATH_MAX bytes.
static const char *whole(int folder, const char *path, char *out) {
  if (path[0] == '/') return strcpy(out, path);
  char link[64];
  snprintf(link, sizeof link, folder == AT_FDCWD ? "/proc/self/cwd" : "/proc/self/fd/%d", folder);
  ssize_t length = readlink(link, out, PATH_MAX - 1);
  if (length < 0) return strcpy(out, path);
  snprintf(out + length, (size_t)(PATH_MAX - length), "/%s", path);
  return out;
}

static const char *path_of(int fd, char *out) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, out, PATH_MAX - 1);
  out[length < 0 ? 0 : length] = 0;
  return out;
}

static struct File *file_of(ino_t inode) {
  for (int i = file_count; i-- > 0;)
    if (files[i].inode == inode) return &files[i];
  if (file_count == kFiles) die("too many files");
  files[file_count] = (struct File){.inode = inode};
  return &files[file_count++];
}

/// Calls `visit` for every regular file below.
static void walk(const char *folder, void (*visit)(const char *, const struct stat *)) {
  DIR *listing = opendir(folder);
  if (!listing) return;
  for (struct dirent *entry; (entry = readdir(listing));) {
    if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")) continue;
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
    struct stat info;
    if (lstat(path, &info)) continue;
    if (S_ISDIR(info.st_mode)) walk(path, visit);
    if (S_ISREG(info.st_mode)) visit(path, &info);
  }
  closedir(listing);
}

static void is_durable(const char *path, const struct stat *info) {
  (void)path;
  file_of(info->st_ino)->durable = info->st_size;
}

__attribute__((constructor)) static void setup(void) {
  const char *text = getenv("CUT_AT");
  if (text) cut_at = atol(text);
  text = getenv("CUT_SEED");
  if (text) seed = atol(text);
  below = getenv("CUT_BELOW");
  grave_folder = getenv("CUT_GRAVE");
  log_file = getenv("CUT_LOG");
  inside = 1;
  if (below) walk(below, is_durable);  // what was there has been for long
  inside = 0;
}

static void report(const char *text) {
  if (!log_file) return;
  int fd = (int)syscall(SYS_open, log_file, O_WRONLY | O_CREAT | O_TRUNC, 0644);
  if (fd < 0 || syscall(SYS_write, fd, text, strlen(text)) < 0) die("log");
  syscall(SYS_close, fd);
}

static unsigned long state;
static unsigned long chance(unsigned long range) {
  state = state * 6364136223846793005ul + 1442695040888963407ul;
  return (state >> 33) % range;
}

static int lost_files;
static void lose(const char *path, const struct stat *info) {
  const struct File *file = NULL;
  for (int i = 0; i < file_count; ++i)
    if (files[i].inode == info->st_ino) file = &files[i];
  off64_t durable = file ? file->durable : 0;
  int fd = (int)syscall(SYS_open, path, O_WRONLY, 0);
  if (fd < 0) die(path);
  if (file && file->low < file->high && file->low < info->st_size && !(seed && chance(2))) {
    char zero[4096] = {0};
    off64_t end = file->high < info->st_size ? file->high : info->st_size;
    for (off64_t at = file->low; at < end; at += (off64_t)sizeof zero)
      if (syscall(SYS_pwrite64, fd, zero, end - at < (off64_t)sizeof zero ? (size_t)(end - at) : sizeof zero, at) < 0)
        die(path);
    ++lost_files;
  }
  if (info->st_size > durable) {
    off64_t left = seed ? durable + (off64_t)chance((unsigned long)(info->st_size - durable) + 1) : durable;
    if (syscall(SYS_ftruncate, fd, left)) die(path);
    ++lost_files;
  }
  syscall(SYS_close, fd);
}

/// With a folder all that is in it goes, durable or not.
static int lose_folder(const char *folder) {
  DIR *listing = opendir(folder);
  if (!listing) return -1;
  for (struct dirent *entry; (entry = readdir(listing));) {
    if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")) continue;
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
    struct stat info;
    if (!lstat(path, &info) && S_ISDIR(info.st_mode)) lose_folder(path);
    else syscall(SYS_unlink, path);
  }
  closedir(listing);
  return (int)syscall(SYS_rmdir, folder);
}

static void undo(const struct Op *op) {
  int bad = 0;
  switch (op->kind) {
    case kMade:
      bad = (int)syscall(SYS_unlink, op->path);
      break;
    case kFolder:
      bad = lose_folder(op->path);
      break;
    case kMoved:
      bad = (int)syscall(SYS_rename, op->path, op->other);
      if (!bad && op->grave) bad = (int)syscall(SYS_link, op->grave, op->path);
      break;
    case kSwapped:
      bad = (int)syscall(SYS_renameat2, AT_FDCWD, op->path, AT_FDCWD, op->other, RENAME_EXCHANGE);
      break;
    case kGone:
      bad = (int)syscall(SYS_link, op->grave, op->path);
      break;
    case kFolderGone:
      bad = (int)syscall(SYS_mkdir, op->path, 0755);
      break;
  }
  if (bad && errno != ENOENT) die(op->path);  // its folder may be gone for good
}

static void cut(void) {
  inside = 1;
  state = (unsigned long)seed * 2654435761ul + (unsigned long)cut_at;
  int lost = seed && op_count ? (int)chance((unsigned long)op_count + 1) : op_count;
  walk(below, lose);
  for (int i = 0; i < lost; ++i) undo(&ops[op_count - 1 - i]);
  char line[64];
  snprintf(line, sizeof line, "%d %d\n", lost, lost_files);
  report(line);
  kill(getpid(), SIGKILL);
}

__attribute__((destructor)) static void at_end(void) {
  if (cut_at >= calls) cut();
  char line[64];
  snprintf(line, sizeof line, "%ld\n", calls);
  report(line);
}

/// To be called with the lock held, before the call does anything.
static void next_call(void) {
  if (calls++ == cut_at) cut();
}

static void add(struct Op op) {
  if (op_count == kOps) die("too many names");
  ops[op_count++] = op;
}

static int same_folder(const char *path, const char *folder) {
  const char *slash = strrchr(path, '/');
  size_t length = strlen(folder);
  return slash && (size_t)(slash - path) == length && !strncmp(path, folder, length);
}

/// Names in `folder` are durable from now on. Both folders of a move count: after one of them a file system may show
/// both names or none, which only its own journal rules out; so a move is durable with its new name.
static void folder_durable(const char *folder) {
  int kept = 0;
  for (int i = 0; i < op_count; ++i) {
    int durable = same_folder(ops[i].path, folder);
    if (!durable) ops[kept++] = ops[i];
  }
  op_count = kept;
}

static void wrote(int fd, off64_t from, off64_t to) {
  struct stat info;
  if (fstat(fd, &info)) return;
  struct File *file = file_of(info.st_ino);
  if (from >= file->durable) return;  // above it everything is lost anyway
  if (to > file->durable) to = file->durable;
  if (file->low >= file->high) file->low = from, file->high = to;
  if (from < file->low) file->low = from;
  if (to > file->high) file->high = to;
}

/// A second name for what is about to lose its own.
static char *bury(const char *path) {
  char grave[PATH_MAX];
  struct stat info;
  if (lstat(path, &info) || S_ISDIR(info.st_mode)) return NULL;
  snprintf(grave, sizeof grave, "%s/%d-%d", grave_folder, (int)getpid(), graves++);
  if (syscall(SYS_link, path, grave)) die(path);
  return strdup(grave);
}

#define REAL(type, name, ...) \
  static type (*real)(__VA_ARGS__); \
  if (!real) real = (type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name)
#define COUNTED(condition) (!inside && (condition))

static int made(const char *path, int flags, int fd, int was) {
  struct stat info;
  if (fd < 0 || fstat(fd, &info)) return fd;
  if (!was) {
    add((struct Op){.kind = kMade, .path = strdup(path)});
    struct File *file = file_of(info.st_ino);
    *file = (struct File){.inode = info.st_ino};
  } else if (flags & O_TRUNC) {
    file_of(info.st_ino)->durable = 0;  // some systems keep the old bytes; this one lost them
  }
  return fd;
}

#define OPEN(name) \
  int name(const char *path, int flags, ...) { \
    REAL(int, name, const char *, int, ...); \
    va_list list; \
    va_start(list, flags); \
    mode_t mode = (flags & (O_CREAT | O_TMPFILE)) ? va_arg(list, mode_t) : 0; \
    va_end(list); \
    char full[PATH_MAX]; \
    if (!COUNTED((flags & (O_CREAT | O_TRUNC)) && counts(whole(AT_FDCWD, path, full)))) return real(path, flags, mode); \
    pthread_mutex_lock(&lock); \
    next_call(); \
    int was = access(full, F_OK) == 0; \
    int fd = made(full, flags, real(path, flags, mode), was); \
    pthread_mutex_unlock(&lock); \
    return fd; \
  }
OPEN(open)
OPEN(open64)

ssize_t write(int fd, const void *data, size_t size) {
  REAL(ssize_t, write, int, const void *, size_t);
  char path[PATH_MAX];
  if (!COUNTED(counts(path_of(fd, path)))) return real(fd, data, size);
  pthread_mutex_lock(&lock);
  next_call();
  ssize_t done = real(fd, data, size);
  off64_t end = lseek64(fd, 0, SEEK_CUR);
  if (done > 0) wrote(fd, end - done, end);
  pthread_mutex_unlock(&lock);
  return done;
}
#define PWRITE(name, offset) \
  ssize_t name(int fd, const void *data, size_t size, offset at) { \
    REAL(ssize_t, name, int, const void *, size_t, offset); \
    char path[PATH_MAX]; \
    if (!COUNTED(counts(path_of(fd, path)))) return real(fd, data, size, at); \
    pthread_mutex_lock(&lock); \
    next_call(); \
    ssize_t done = real(fd, data, size, at); \
    if (done > 0) wrote(fd, at, at + done); \
    pthread_mutex_unlock(&lock); \
    return done; \
  }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

/// The folder that holds `below` counts too: without it the whole is lost.
static int fsync_counts(const char *path) {
  size_t length = strlen(path);
  return counts(path) || (below && !strncmp(path, below, length) && below[length] == '/' && !strchr(below + length + 1, '/'));
}

#define FSYNC(name) \
  int name(int fd) { \
    REAL(int, name, int); \
    char path[PATH_MAX]; \
    if (!COUNTED(fsync_counts(path_of(fd, path)))) return real(fd); \
    pthread_mutex_lock(&lock); \
    next_call(); \
    struct stat info; \
    if (!fstat(fd, &info) && S_ISDIR(info.st_mode)) { \
      folder_durable(path); \
    } else { \
      struct File *file = file_of(info.st_ino); \
      *file = (struct File){.inode = info.st_ino, .durable = info.st_size}; \
    } \
    pthread_mutex_unlock(&lock); \
    return 0; /* the disk itself is not what is tried here */ \
  }
FSYNC(fsync)
FSYNC(fdatasync)

static int move(int from_folder, const char *from, int to_folder, const char *to, unsigned flags) {
  char old_name[PATH_MAX], new_name[PATH_MAX];
  whole(from_folder, from, old_name);
  whole(to_folder, to, new_name);
  if (!COUNTED(counts(new_name) || counts(old_name)))
    return (int)syscall(SYS_renameat2, from_folder, from, to_folder, to, flags);
  pthread_mutex_lock(&lock);
  next_call();
  char *grave = flags & RENAME_EXCHANGE ? NULL : bury(new_name);
  int result = (int)syscall(SYS_renameat2, from_folder, from, to_folder, to, flags);
  int error = errno;
  if (!result)
    add((struct Op){.kind = flags & RENAME_EXCHANGE ? kSwapped : kMoved, .path = strdup(new_name),
                    .other = strdup(old_name), .grave = grave});
  pthread_mutex_unlock(&lock);
  errno = error;
  return result;
}
int rename(const char *from, const char *to) { return move(AT_FDCWD, from, AT_FDCWD, to, 0); }
int renameat(int a, const char *from, int b, const char *to) { return move(a, from, b, to, 0); }
int renameat2(int a, const char *from, int b, const char *to, unsigned flags) { return move(a, from, b, to, flags); }

static int gone(int folder, const char *path, int is_folder) {
  char full[PATH_MAX];
  int flags = is_folder ? AT_REMOVEDIR : 0;
  if (!COUNTED(counts(whole(folder, path, full)))) return (int)syscall(SYS_unlinkat, folder, path, flags);
  pthread_mutex_lock(&lock);
  next_call();
  char *grave = is_folder ? NULL : bury(full);
  int result = (int)syscall(SYS_unlinkat, folder, path, flags);
  int error = errno;
  if (!result) add((struct Op){.kind = is_folder ? kFolderGone : kGone, .path = strdup(full), .grave = grave});
  pthread_mutex_unlock(&lock);
  errno = error;
  return result;
}
int unlink(const char *path) { return gone(AT_FDCWD, path, 0); }
int rmdir(const char *path) { return gone(AT_FDCWD, path, 1); }
int unlinkat(int folder, const char *path, int flags) { return gone(folder, path, (flags & AT_REMOVEDIR) != 0); }
int remove(const char *path) {
  struct stat info;
  return gone(AT_FDCWD, path, !lstat(path, &info) && S_ISDIR(info.st_mode));
}

int mkdir(const char *path, mode_t mode) {
  REAL(int, mkdir, const char *, mode_t);
  char full[PATH_MAX];
  if (!COUNTED(counts(whole(AT_FDCWD, path, full)))) return real(path, mode);
  pthread_mutex_lock(&lock);
  next_call();
  int result = real(path, mode), error = errno;
  if (!result) add((struct Op){.kind = kFolder, .path = strdup(full)});
  pthread_mutex_unlock(&lock);
  errno = error;
  return result;
}
int link(const char *from, const char *to) {
  REAL(int, link, const char *, const char *);
  char full[PATH_MAX];
  if (!COUNTED(counts(whole(AT_FDCWD, to, full)))) return real(from, to);
  pthread_mutex_lock(&lock);
  next_call();
  int result = real(from, to), error = errno;
  if (!result) add((struct Op){.kind = kMade, .path = strdup(full)});
  pthread_mutex_unlock(&lock);
  errno = error;
  return result;
}
