// Options of the commands that build a corpus, at once or in parts.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>

namespace reelcell::cli {

/// --memory
struct MemoryOption {
  std::string text;
  static constexpr std::uint64_t kLeast = 1'000'000;  ///< bytes
  void setup(CLI::App& app);
  void setup(CLI::App& app, const char* help, std::uint64_t least);
  std::uint64_t value() const;  ///< bytes; 0 = the engine's own choice. Throws InputError.
};

/// --plan, required
struct PlanOption {
  std::string folder;
  void setup(CLI::App& app);
};

}  // namespace reelcell::cli
