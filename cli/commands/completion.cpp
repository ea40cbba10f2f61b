// reelcell completion: shell completion made from the commands' own declarations.
#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <map>

#include "command.hpp"
#include "groups/common.hpp"

namespace reelcell::cli {
namespace {

struct CommandFlags {
  std::string name, summary;
  std::vector<std::string> flags;
  std::map<std::string, std::string> values;  ///< of flags with a fixed set; "" = the positional
};

/// "a b c" when the option takes one of a fixed set, shown as "a|b|c" (see one_of()); else "".
std::string fixed_values(const CLI::Option& option) {
  std::string shown = option.get_type_name();
  const bool fixed = shown.find('|') != std::string::npos &&
                     std::all_of(shown.begin(), shown.end(),
                                 [](char c) { return c == '|' || (c >= 'a' && c <= 'z'); });
  if (!fixed) return "";
  std::replace(shown.begin(), shown.end(), '|', ' ');
  return shown;
}

/// The commands with their long flags, as they declare them; this command itself is among them.
std::vector<CommandFlags> declared() {
  std::vector<CommandFlags> all;
  for (const auto& command : make_commands()) {
    CLI::App app;
    command->setup(app);
    CommandFlags entry{command->name(), command->summary(), {"--help"}, {}};
    std::vector<const CLI::Option*> options;
    for (const CLI::Option* option : app.get_options()) options.push_back(option);
    for (const CLI::App* group : app.get_subcommands([](const CLI::App*) { return true; }))
      for (const CLI::Option* option : group->get_options()) options.push_back(option);
    for (const CLI::Option* option : options) {
      const std::string values = fixed_values(*option);
      if (option->get_positional() && !values.empty()) entry.values[""] = values;
      for (const std::string& name : option->get_lnames()) {
        if (name != "help") entry.flags.push_back("--" + name);
        if (!values.empty()) entry.values["--" + name] = values;
      }
    }
    all.push_back(std::move(entry));
  }
  return all;
}

/// In single quotes, for any of the shells.
std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? "'\\''" : std::string(1, c);
  return out + "'";
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

std::string bash_script() {
  std::vector<std::string> names;
  std::string cases, values;
  for (const CommandFlags& command : declared()) {
    names.push_back(command.name);
    cases += fmt::format("    {}) words=\"{}\" ;;\n", command.name, joined(command.flags));
    for (const auto& [flag, words] : command.values)
      values += fmt::format("    {}:{}) values=\"{}\" ;;\n", command.name,
                            flag.empty() ? "[!-]*" : flag, words);
  }
  return fmt::format(
      "# bash completion of reelcell: source this, or put it into /etc/bash_completion.d\n"
      "_reelcell() {{\n  local current=\"${{COMP_WORDS[COMP_CWORD]}}\" words=\"\" values=\"\"\n"
      "  if [[ $COMP_CWORD == 1 ]]; then\n    COMPREPLY=($(compgen -W \"{} --help --version\" -- "
      "\"$current\"))\n    return\n  fi\n"
      "  case \"${{COMP_WORDS[1]}}\" in\n{}  esac\n"
      "  case \"${{COMP_WORDS[1]}}:${{COMP_WORDS[COMP_CWORD-1]}}\" in\n{}  esac\n"
      "  if [[ -n $values && $current != -* ]]; then COMPREPLY=($(compgen -W \"$values\" -- "
      "\"$current\")); return; "
      "fi\n"
      "  if [[ $current == -* ]]; then COMPREPLY=($(compgen -W \"$words\" -- \"$current\")); else "
      "COMPREPLY=($(compgen -f -- \"$current\")); fi\n"
      "}}\ncomplete -o filenames -F _reelcell reelcell\n",
      joined(names), cases, values);
}

std::string zsh_script() {
  std::string commands, cases;
  for (const CommandFlags& command : declared()) {
    commands += "    " + quoted(command.name + ":" + command.summary) + "\n";
    cases += fmt::format("    {}) flags=({}) ;;\n", command.name, joined(command.flags));
  }
  return fmt::format(
      "#compdef reelcell\n_reelcell() {{\n  local -a commands flags\n  commands=(\n{}  )\n"
      "  if (( CURRENT == 2 )); then _describe 'command' commands; return; fi\n"
      "  case \"$words[2]\" in\n{}  esac\n  if [[ $PREFIX == -* ]]; then compadd -a flags; else "
      "_files; fi\n}}\n_reelcell \"$@\"\n",
      commands, cases);
}

std::string fish_script() {
  std::string text = "# fish completion of reelcell\n";
  for (const CommandFlags& command : declared()) {
    text += fmt::format("complete -c reelcell -n __fish_use_subcommand -f -a {} -d {}\n",
                        command.name, quoted(command.summary));
    for (const std::string& flag : command.flags)
      text += fmt::format(
          "complete -c reelcell -n '__fish_seen_subcommand_from {}' -l {}{}\n", command.name,
          flag.substr(2),
          command.values.contains(flag) ? " -x -a '" + command.values.at(flag) + "'" : "");
    if (command.values.contains(""))
      text += fmt::format("complete -c reelcell -n '__fish_seen_subcommand_from {}' -f -a '{}'\n",
                          command.name, command.values.at(""));
  }
  return text;
}

class CompletionCommand : public Command {
 public:
  std::string name() const override { return "completion"; }
  std::string summary() const override { return "Print a completion script for a shell."; }
  std::string examples() const override { return "  source <(reelcell completion bash)"; }
  void setup(CLI::App& app) override {
    one_of(app.add_option("shell", shell_, "For which shell")->required(), "shell",
           {"bash", "zsh", "fish"});
  }
  Outcome run() override {
    std::cout << (shell_ == "bash"  ? bash_script()
                  : shell_ == "zsh" ? zsh_script()
                                    : fish_script());
    return Outcome::kDone;
  }

 private:
  std::string shell_;
};

}  // namespace

std::unique_ptr<Command> completion_command() { return std::make_unique<CompletionCommand>(); }

}  // namespace reelcell::cli
