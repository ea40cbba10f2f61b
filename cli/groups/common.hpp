// Options that several commands share.
#pragma once

#include <CLI/CLI.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "reelcell/base/json.hpp"
#include "reelcell/base/time.hpp"

namespace reelcell::cli {

/// -j, --threads
struct ThreadsOption {
  std::size_t threads = 0;
  void setup(CLI::App& app);
  std::size_t value() const;  ///< the number of processors when 0
};

/// --json
struct JsonOption {
  bool json = false;
  void setup(CLI::App& app, const char* what = "Print the result as JSON");
};

/// One of `allowed`: shown as "a|b|c" in the help; anything else is refused with the nearest name.
void one_of(CLI::Option* option, const std::string& kind, const std::vector<std::string>& allowed);

/// What is wrong with an option's value, "" when nothing is.
std::string wrong_duration(const std::string& text, Nanos least);

/// "1 error", "2 errors", "1 234 rows".
std::string counted(std::uint64_t count, const std::string& what);
/// For commands that go on where they were: says so when they are interrupted, and ends as usual.
void tell_when_interrupted();

void print_json(const Json& value);

}  // namespace reelcell::cli
