#include "internal/isolate.hpp"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "reelcell/base/error.hpp"

namespace reelcell::pipeline {
namespace {

constexpr int kException = 70;

std::string describe_end(int status) {
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return "";
  if (WIFSIGNALED(status)) {
    const char* name = ::sigabbrev_np(WTERMSIG(status));
    std::string text = "was killed by signal " + std::to_string(WTERMSIG(status));
    if (name) text += std::string(" (SIG") + name + ")";
    if (WTERMSIG(status) == SIGKILL) text += ", as when memory runs out";
    return text;
  }
  return "ended with status " + std::to_string(WEXITSTATUS(status));
}

}  // namespace

std::string run_isolated(const std::function<void()>& work) {
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) throw OutputError("cannot start a process: " + errno_text(errno));
  if (child == 0) {
    // A child that outlived its parent would go on writing while the next run begins.
    if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || ::getppid() != parent) ::_exit(kException);
    int code = 0;
    try {
      work();
    } catch (...) {
      code = kException;
    }
    ::_exit(code);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0)
    if (errno != EINTR) throw OutputError("cannot wait for a process: " + errno_text(errno));
  return describe_end(status);
}

}  // namespace reelcell::pipeline
