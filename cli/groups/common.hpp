// Options that several commands share.
#pragma once

#include <CLI/CLI.hpp>
#include <cstddef>

#include "reelcell/base/json.hpp"

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

void print_json(const Json& value);

}  // namespace reelcell::cli
