// The only place that turns outcomes and exceptions into exit codes.
#include <malloc.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <iostream>
#include <span>
#include <string_view>

#include "command.hpp"
#include "reelcell/base/error.hpp"

namespace {

using reelcell::cli::Command;
using reelcell::cli::Outcome;

/// Blocks from a megabyte go back to the system when they are freed, and so does a megabyte at the
/// end of a thread's memory, so that the memory of a long run is that of the window in work, not
/// that of all windows it had.
void give_large_blocks_back() {
  mallopt(M_MMAP_THRESHOLD, 1 << 20);
  mallopt(M_TRIM_THRESHOLD, 1 << 20);
}

int code(Outcome outcome) { return static_cast<int>(outcome); }

std::string footer() {
  return "Exit codes: 0 done; 1 failed, or 'validate' found errors; 2 wrong usage; 3 done, with "
         "data lost or quarantined.\n"
         "'reelcell COMMAND --help' explains a command; 'man reelcell' has the whole manual.";
}

const CLI::App* command_named(const CLI::App& app, std::string_view name) {
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; }))
    if (sub->get_name() == name) return sub;
  return nullptr;
}

/// How to give what looks like an option as a path; "" where there is no such file.
std::string path_hint(const std::string& argument) {
  std::error_code ignored;
  return std::filesystem::exists(argument, ignored)
             ? " To name the path, write './" + argument + "', or '--' before it."
             : "";
}

/// The first flag that `app` does not have, with the nearest one that it has; "" when all are
/// known.
std::string unknown_flag(const CLI::App& app, std::span<char*> arguments) {
  std::vector<std::string> flags, letters;
  const auto take = [&](const CLI::App& group) {
    for (const CLI::Option* option : group.get_options()) {
      for (const std::string& name : option->get_lnames()) flags.push_back("--" + name);
      for (const std::string& name : option->get_snames()) letters.push_back(name);
    }
  };
  take(app);
  for (const CLI::App* group : app.get_subcommands([](const CLI::App*) { return true; }))
    if (group->get_name().empty()) take(*group);
  for (const std::string argument : arguments) {
    if (argument == "--") break;
    const std::string flag = argument.substr(0, argument.find('='));
    if (flag.starts_with("--") && std::find(flags.begin(), flags.end(), flag) == flags.end())
      return "unknown option '" + flag + "'." + reelcell::did_you_mean(flag, flags) +
             path_hint(argument);
    if (argument.size() > 1 && argument[0] == '-' &&
        std::isalpha(static_cast<unsigned char>(argument[1])) &&
        std::find(letters.begin(), letters.end(), argument.substr(1, 1)) == letters.end())
      return "unknown option '" + argument + "'." + path_hint(argument);
  }
  return "";
}

/// What is wrong with the command line: the parser's own words come last, because a mistyped name
/// makes it speak of what else is missing.
std::string usage_error(const CLI::App& app, const CLI::ParseError& error,
                        std::span<char*> arguments) {
  if (arguments.empty()) return "give a command: 'reelcell --help' lists them.";
  const CLI::App* command = command_named(app, arguments[0]);
  if (!command && arguments[0][0] != '-') {
    std::vector<std::string> names;
    for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; }))
      names.push_back(sub->get_name());
    return std::string("unknown command '") + arguments[0] + "'." +
           reelcell::did_you_mean(arguments[0], names);
  }
  const std::string flag =
      unknown_flag(command ? *command : app, command ? arguments.subspan(1) : arguments);
  if (!flag.empty()) return flag;
  std::string text = error.what();
  if (!text.ends_with('.') && !text.ends_with('?')) text += '.';
  return text;
}

/// The trouble is in the command line itself: the place of such an error is an option ("--set
/// v=1").
bool is_usage(const reelcell::Error& error) { return error.where().starts_with("--"); }

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
    // Not callback(): that would take the place of a command's own check of its options together.
    sub->parse_complete_callback([&chosen, raw = command.get()] { chosen = raw; });
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {
    return app.exit(success);
  } catch (const CLI::ParseError& error) {
    const std::span<char*> arguments(argv + 1, static_cast<std::size_t>(std::max(argc, 1) - 1));
    const bool known = !arguments.empty() && command_named(app, arguments[0]);
    const std::string command = known ? std::string(" ") + arguments[0] : "";
    std::cerr << "reelcell" << command << ": " << usage_error(app, error, arguments)
              << "\nRun 'reelcell" << command << " --help' for the options.\n";
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
  give_large_blocks_back();
  try {
    return run(argc, argv);
  } catch (const reelcell::Error& error) {
    std::cerr << "reelcell: " << error.what() << "\n";
    if (is_usage(error)) return code(Outcome::kUsage);
  } catch (const std::bad_alloc&) {
    std::cerr << "reelcell: out of memory; use fewer threads (-j 1), a smaller --memory or shorter "
                 "segments\n";
  } catch (const std::filesystem::filesystem_error& error) {
    const std::string path = error.path1().string();
    std::cerr << "reelcell: " << path << (path.empty() ? "" : ": ")
              << reelcell::errno_text(error.code().value()) << "\n";
  } catch (const std::exception& error) {
    std::cerr << "reelcell: unexpected error: " << error.what() << "\n";
  }
  return code(Outcome::kFailed);
}
