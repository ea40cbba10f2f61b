#include "reelcell/base/error.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace reelcell {
namespace {
/// Letters to insert, remove or replace, or neighbours to swap, to get from one word to the other.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before, above, row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    before = std::exchange(above, row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substitute = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, substitute});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], before[j - 2] + 1);
    }
  }
  return row[b.size()];
}

struct Hint {
  int error;
  const char* name;
  const char* next;
};
constexpr Hint kHints[] = {
    {ENOSPC, "ENOSPC",
     "free space on this disk or choose another output folder, then run the same command again"},
    {EDQUOT, "EDQUOT", "the quota of this user is used up"},
    {EACCES, "EACCES", "check the owner and permissions of the file and its folders"},
    {EPERM, "EPERM", "check the owner and permissions of the file and its folders"},
    {EROFS, "EROFS", "the file system is read-only; choose another output folder"},
    {ENOENT, "ENOENT", "check the path"},
    {ENOTDIR, "ENOTDIR", "a part of the path is a file, not a folder"},
    {EISDIR, "EISDIR", "the path is a folder, a file was expected"},
    {EMFILE, "EMFILE", "too many open files; raise the limit with ulimit -n"},
    {ENFILE, "ENFILE", "the machine has too many open files; end other programs"},
    {ELOOP, "ELOOP", "symbolic links in the path lead back to themselves; check them"},
    {EXDEV, "EXDEV", "both paths must lie on one file system"},
    {EFBIG, "EFBIG", "the file system or ulimit -f does not allow a file of this size"},
    {ENOMEM, "ENOMEM", "the machine has no memory left; use a smaller --memory or fewer threads"},
    {ENOLCK, "ENOLCK", "the file system grants no lock; choose a folder on another one"},
    {ESTALE, "ESTALE", "the network share was replaced or lost; mount it again"},
    {ETIMEDOUT, "ETIMEDOUT", "the network share does not answer; check it before trying again"},
    {EBUSY, "EBUSY", "another program or a mount holds it"},
    {EEXIST, "EEXIST", "something of that name is there; move it away"},
    {ENOTEMPTY, "ENOTEMPTY", "the folder holds something; move it away"},
    {EMLINK, "EMLINK", "the file has as many names as its file system allows"},
    {EAGAIN, "EAGAIN", "a limit of the machine is reached; try again, or raise it with ulimit"},
    {EINVAL, "EINVAL", "the file system does not offer what was asked of it"},
    {EIO, "EIO", "the disk or network share reports an error; check it before trying again"},
    {ENAMETOOLONG, "ENAMETOOLONG", "choose a shorter folder name"},
};
}  // namespace

std::string did_you_mean(std::string_view wrong, const std::vector<std::string>& allowed) {
  const std::string* best = nullptr;
  std::size_t best_distance = std::max<std::size_t>(1, wrong.size() / 3) + 1;
  for (const std::string& name : allowed) {
    const std::size_t distance = edit_distance(wrong, name);
    if (distance < best_distance) {
      best = &name;
      best_distance = distance;
    }
  }
  return best ? " Did you mean '" + *best + "'?" : "";
}

std::string list_of(const std::vector<std::string>& allowed) {
  std::string text;
  for (std::size_t i = 0; i < allowed.size(); ++i) {
    if (i) text += i + 1 == allowed.size() ? " or " : ", ";
    text += "'" + allowed[i] + "'";
  }
  return text;
}

std::string unknown_name(std::string_view kind, std::string_view wrong,
                         const std::vector<std::string>& allowed) {
  std::string text = "unknown " + std::string(kind) + " '" + std::string(wrong) + "'";
  text += allowed.empty() ? "; none is defined" : "; allowed: " + list_of(allowed);
  return text + "." + did_you_mean(wrong, allowed);
}

std::string errno_text(int error) {
  for (const Hint& hint : kHints)
    if (hint.error == error)
      return std::string(std::strerror(error)) + " (" + hint.name + "); " + hint.next;  // NOLINT
  return std::string(std::strerror(error)) + " (errno " + std::to_string(error) +
         ")";  // NOLINT(concurrency-mt-unsafe)
}

}  // namespace reelcell
