// The only place that turns outcomes and exceptions into exit codes.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <exception>
#include <iostream>

#include "command.hpp"
#include "reelcell/base/error.hpp"

namespace {

using reelcell::cli::Command;
using reelcell::cli::Outcome;

int code(Outcome outcome) { return static_cast<int>(outcome); }

std::string footer() {
  return "Exit codes: 0 done; 1 failed, or 'validate' found errors; 2 wrong usage; 3 done, with "
         "data lost or quarantined.\n"
         "'reelcell COMMAND --help' explains a command; 'man reelcell' has the whole manual.";
}

/// A wrong subcommand or flag: name the nearest one.
std::string suggestion(const CLI::App& app, int argc, char** argv) {
  std::vector<std::string> names;
  if (argc < 2) return "";
  const CLI::App* at = &app;
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(sub->get_name());
    if (sub->get_name() == argv[1]) at = sub;
  }
  if (at == &app) return reelcell::did_you_mean(argv[1], names);
  std::vector<std::string> flags;
  for (const CLI::Option* option : at->get_options())
    for (const std::string& name : option->get_lnames()) flags.push_back("--" + name);
  for (int i = 2; i < argc; ++i) {
    const std::string text = std::string(argv[i]).substr(0, std::string(argv[i]).find('='));
    if (text.starts_with("--") && std::find(flags.begin(), flags.end(), text) == flags.end())
      return reelcell::did_you_mean(text, flags);
  }
  return "";
}

int run(int argc, char** argv) {
  CLI::App app(
      "Turn robot-cell recordings into training corpora that are frame-exact and provably "
      "loadable.",
      "reelcell");
  app.set_version_flag("--version", "reelcell " REELCELL_VERSION);
  app.require_subcommand(1);
  app.footer(footer());
  const auto commands = reelcell::cli::make_commands();
  Command* chosen = nullptr;
  for (const auto& command : commands) {
    CLI::App* sub = app.add_subcommand(command->name(), command->summary());
    command->setup(*sub);
    if (!command->examples().empty()) sub->footer("Examples:\n" + command->examples());
    sub->callback([&chosen, raw = command.get()] { chosen = raw; });
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {
    return app.exit(success);
  } catch (const CLI::ParseError& error) {
    std::cerr << "reelcell: " << error.what() << suggestion(app, argc, argv) << "\nRun 'reelcell "
              << (chosen ? chosen->name() + " " : "") << "--help' for the options.\n";
    return code(Outcome::kUsage);
  }
  const Outcome outcome = chosen->run();
  std::cout.flush();
  if (!std::cout) {
    std::cerr << "reelcell: cannot write the result to standard output; is the disk full?\n";
    return code(Outcome::kFailed);
  }
  return code(outcome);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const reelcell::Error& error) {
    std::cerr << "reelcell: " << error.what() << "\n";
  } catch (const std::bad_alloc&) {
    std::cerr << "reelcell: out of memory; use fewer threads (-j 1) or shorter segments\n";
  } catch (const std::exception& error) {
    std::cerr << "reelcell: unexpected error: " << error.what() << "\n";
  }
  return code(Outcome::kFailed);
}
