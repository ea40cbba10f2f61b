#include "support/support.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace reelcell::test {
namespace fs = std::filesystem;

namespace {
fs::path from_environment(const char* name) {
  const char* value =
      std::getenv(name);  // NOLINT(concurrency-mt-unsafe): tests start single-threaded
  if (!value)
    throw std::runtime_error(std::string(name) + " is not set: run the tests through ctest");
  return value;
}
std::string slurp(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}
}  // namespace

fs::path data_path(const std::string& relative) {
  fs::path path = from_environment("REELCELL_DATA") / relative;
  if (!fs::exists(path)) throw std::runtime_error("missing test recording " + path.string());
  return path;
}

fs::path source_path(const std::string& relative) {
  return from_environment("REELCELL_SOURCE") / relative;
}

fs::path binary_path() { return from_environment("REELCELL_BINARY"); }

TempFolder::TempFolder() {
  std::string pattern = (fs::temp_directory_path() / "reelcell-test-XXXXXX").string();
  if (!mkdtemp(pattern.data())) throw std::runtime_error("mkdtemp failed");
  path_ = pattern;
}

TempFolder::~TempFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

CommandResult run(const std::string& command_line) {
  TempFolder folder;
  const std::string full =
      "( " + command_line + " ) >" + (folder / "out").string() + " 2>" + (folder / "err").string();
  const int status = std::system(full.c_str());  // NOLINT(cert-env33-c)
  CommandResult result;
  result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  result.out = slurp(folder / "out");
  result.err = slurp(folder / "err");
  return result;
}

}  // namespace reelcell::test
