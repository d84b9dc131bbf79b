/*
 * Records, in the order in which they happen, all that a process does to the files under a directory, and what
 * it prints, so that a power cut can be played at any moment of it. To be put in front of the C library by
 * LD_PRELOAD. RECORD_DIR is the directory, RECORD_LOG the file for the records (see recording.ts):
 * a header, the path, and the bytes.
 *
 * The file behind a descriptor is asked of the kernel each time, so descriptors may be copied, closed and used
 * again at will. One lock is held over each act and its record, so that their orders are the same.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum kind { MAKE = 1, MAKE_DIRECTORY, WRITE, TRUNCATE, FLUSH, REMOVE, PRINT, UNKNOWN };
struct header { uint32_t kind, path_length; uint64_t offset, length; };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const char *directory;
static char printed_to[PATH_MAX];
static int log_file = -1;

static void path_of(int fd, char *path) {
  char link[32] = "/proc/self/fd/";
  char digits[12];
  int n = 0;
  for (unsigned left = fd; n == 0 || left > 0; left /= 10) digits[n++] = '0' + left % 10;
  char *end = link + strlen(link);
  while (n > 0) *end++ = digits[--n];
  *end = 0;
  ssize_t length = readlink(link, path, PATH_MAX - 1);
  path[length < 0 ? 0 : length] = 0;
}

__attribute__((constructor)) static void begin(void) {
  directory = getenv("RECORD_DIR");
  const char *path = getenv("RECORD_LOG");
  if (!directory || !path) return;
  path_of(1, printed_to);
  log_file = syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static int is_ours(const char *path) {
  return log_file >= 0 && path && strncmp(path, directory, strlen(directory)) == 0;
}

static void record(enum kind kind, const char *path, uint64_t offset, const void *bytes, uint64_t length) {
  struct header header = { kind, strlen(path), offset, length };
  struct iovec parts[] = { { &header, sizeof header }, { (void *)path, header.path_length },
                           { (void *)bytes, bytes ? length : 0 } };
  size_t all = parts[0].iov_len + parts[1].iov_len + parts[2].iov_len;
  if (syscall(SYS_writev, log_file, parts, 3) != (long)all) abort(); /* a record with holes proves nothing */
}

#define ACT(type, act, ...)               \
  pthread_mutex_lock(&lock);              \
  type result = (act);                    \
  int saved = errno;                      \
  if (result >= 0) { __VA_ARGS__; }       \
  errno = saved;                          \
  pthread_mutex_unlock(&lock);            \
  return result

static int open_at(int at, const char *path, int flags, mode_t mode) {
  int fresh = is_ours(path) && (flags & O_CREAT) && faccessat(at, path, F_OK, 0) != 0;
  ACT(int, syscall(SYS_openat, at, path, flags, mode),
      if (fresh) record(MAKE, path, 0, NULL, 0);
      else if (is_ours(path) && (flags & O_TRUNC)) record(TRUNCATE, path, 0, NULL, 0));
}

#define OPEN(name, parameters, at)        \
  int name parameters {                   \
    va_list rest;                         \
    va_start(rest, flags);                \
    mode_t mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(rest, mode_t) : 0; \
    va_end(rest);                         \
    return open_at(at, path, flags, mode); \
  }
OPEN(open, (const char *path, int flags, ...), AT_FDCWD)
OPEN(open64, (const char *path, int flags, ...), AT_FDCWD)
OPEN(openat, (int at, const char *path, int flags, ...), at)
OPEN(openat64, (int at, const char *path, int flags, ...), at)

/* A write at the descriptor's own place: where that was, is known only after it. */
static void wrote(int fd, const void *bytes, ssize_t length) {
  char path[PATH_MAX];
  path_of(fd, path);
  if (log_file >= 0 && *printed_to && strcmp(path, printed_to) == 0) record(PRINT, "", 0, NULL, length);
  else if (is_ours(path)) record(WRITE, path, lseek(fd, 0, SEEK_CUR) - length, bytes, length);
}

static void note(enum kind kind, int fd, uint64_t offset, const void *bytes, uint64_t length) {
  char path[PATH_MAX];
  path_of(fd, path);
  if (is_ours(path)) record(kind, path, offset, bytes, length);
}

ssize_t write(int fd, const void *bytes, size_t length) {
  ACT(ssize_t, syscall(SYS_write, fd, bytes, length), wrote(fd, bytes, result));
}
ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t offset) {
  ACT(ssize_t, syscall(SYS_pwrite64, fd, bytes, length, offset), note(WRITE, fd, offset, bytes, result));
}
ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset) {
  return pwrite64(fd, bytes, length, offset);
}
int ftruncate64(int fd, off64_t length) {
  ACT(int, syscall(SYS_ftruncate, fd, length), note(TRUNCATE, fd, length, NULL, 0));
}
int ftruncate(int fd, off_t length) { return ftruncate64(fd, length); }
int fsync(int fd) { ACT(int, syscall(SYS_fsync, fd), note(FLUSH, fd, 0, NULL, 0)); }
int fdatasync(int fd) { ACT(int, syscall(SYS_fdatasync, fd), note(FLUSH, fd, 0, NULL, 0)); }
int mkdir(const char *path, mode_t mode) {
  ACT(int, syscall(SYS_mkdirat, AT_FDCWD, path, mode), if (is_ours(path)) record(MAKE_DIRECTORY, path, 0, NULL, 0));
}
int unlink(const char *path) {
  ACT(int, syscall(SYS_unlinkat, AT_FDCWD, path, 0), if (is_ours(path)) record(REMOVE, path, 0, NULL, 0));
}

/* What no part of the store does so far: said loudly, so that it is not missed when one does. */
ssize_t writev(int fd, const struct iovec *parts, int count) {
  ACT(ssize_t, syscall(SYS_writev, fd, parts, count), note(UNKNOWN, fd, 0, NULL, 0));
}
int fallocate64(int fd, int mode, off64_t offset, off64_t length) {
  ACT(int, syscall(SYS_fallocate, fd, mode, offset, length), note(UNKNOWN, fd, 0, NULL, 0));
}
int rename(const char *from, const char *to) {
  ACT(int, syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0),
      if (is_ours(from) || is_ours(to)) record(UNKNOWN, to, 0, NULL, 0));
}
