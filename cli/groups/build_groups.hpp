// Options of the commands that build a corpus, at once or in parts.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>

namespace reelcell::cli {

/// --memory
struct MemoryOption {
  std::string text;
  void setup(CLI::App& app);
  std::uint64_t value() const;  ///< bytes; 0 = the engine's own choice. Throws InputError.
};

/// --plan, required
struct PlanOption {
  std::string folder;
  void setup(CLI::App& app);
};

}  // namespace reelcell::cli
