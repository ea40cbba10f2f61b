// What all tests share: where the real recordings are, and temporary folders.
#pragma once

#include <filesystem>
#include <string>

namespace reelcell::test {

/// A file of the real recordings. Throws (the test fails) when it is missing: such tests never
/// skip.
std::filesystem::path data_path(const std::string& relative);
/// Repository root.
std::filesystem::path source_path(const std::string& relative);
/// The built binary.
std::filesystem::path binary_path();

/// A fresh folder, removed at the end.
class TempFolder {
 public:
  TempFolder();
  ~TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

struct CommandResult {
  int exit_code = -1;
  std::string out, err;
};
/// Runs a shell command line, capturing both streams.
CommandResult run(const std::string& command_line);

}  // namespace reelcell::test
