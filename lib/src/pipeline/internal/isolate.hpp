// Work that may bring the process down, done in a child process.
#pragma once

#include <functional>
#include <string>

namespace reelcell::pipeline {

/// Runs `work` in a child process and waits. "" when it ended well, else how it ended: "was killed
/// by signal 9 (SIGKILL)". The child dies with its parent. Call it while this process has no other
/// threads; what `work` does to memory is lost, what it writes to files stays. Throws OutputError
/// when no process can be made.
std::string run_isolated(const std::function<void()>& work);

}  // namespace reelcell::pipeline
