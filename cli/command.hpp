// A subcommand: setup() only declares and checks options, run() only works.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

namespace reelcell::cli {

/// What main() turns into an exit code.
enum class Outcome {
  kDone = 0,
  kFailed = 1,  ///< or `validate` found errors
  kUsage = 2,
  kDataLost = 3,  ///< done, with data lost or quarantined
};

class Command {
 public:
  virtual ~Command() = default;
  virtual std::string name() const = 0;
  /// Verb, object, result: the first line of the help.
  virtual std::string summary() const = 0;
  /// Examples for the end of the help; they run on the sample session.
  virtual std::string examples() const { return ""; }
  virtual void setup(CLI::App& app) = 0;
  virtual Outcome run() = 0;
};

/// Generated from the reelcell_add_command() lines.
std::vector<std::unique_ptr<Command>> make_commands();

}  // namespace reelcell::cli
