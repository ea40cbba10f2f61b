// Paths that the file system does not let us reach: no right to look, a link in a circle.
#pragma once

#include <filesystem>
#include <string>
#include <system_error>

#include "reelcell/base/error.hpp"
#include "reelcell/base/file.hpp"

namespace reelcell::pipeline {

/// "PATH: Permission denied (EACCES)": as an InputError would say it.
inline std::string why_unreachable(const fs::filesystem_error& error) {
  const std::string path = error.path1().string();
  return (path.empty() ? "" : path + ": ") + errno_text(error.code().value());
}

/// False also where the file system does not say.
inline bool is_folder(const fs::path& path) {
  std::error_code error;
  return fs::is_directory(path, error);
}

/// InputError where the file system does not say.
inline bool is_there(const fs::path& path) {
  std::error_code error;
  const bool there = fs::exists(path, error);
  if (error && error != std::errc::no_such_file_or_directory && error != std::errc::not_a_directory)
    throw InputError(path.string(), "cannot be reached: " + errno_text(error.value()));
  return there;
}

}  // namespace reelcell::pipeline
