#include "groups/common.hpp"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <thread>

#include "reelcell/base/error.hpp"
#include "render/table.hpp"

namespace reelcell::cli {

void ThreadsOption::setup(CLI::App& app) {
  app.add_option(
         "-j,--threads", threads,
         "Work on this many threads (default 0: one a processor); the output does not depend on it")
      ->type_name("N")
      ->check([](const std::string& text) {
        constexpr std::size_t kMost = 1024;
        std::size_t value = 0;
        return CLI::detail::lexical_cast(text, value) && value <= kMost
                   ? std::string()
                   : "'" + text + "' is no number of threads; a whole number from 0 to 1024";
      });
}
std::size_t ThreadsOption::value() const {
  return threads ? threads : std::max<std::size_t>(1, std::thread::hardware_concurrency());
}

void JsonOption::setup(CLI::App& app, const char* what) { app.add_flag("--json", json, what); }

void one_of(CLI::Option* option, const std::string& kind, const std::vector<std::string>& allowed) {
  std::string shown;
  for (const std::string& name : allowed) shown += (shown.empty() ? "" : "|") + name;
  option->type_name(shown)->check([kind, allowed](const std::string& text) {
    return std::find(allowed.begin(), allowed.end(), text) != allowed.end()
               ? std::string()
               : unknown_name(kind, text, allowed);
  });
}

std::string wrong_duration(const std::string& text, Nanos least) {
  try {
    if (parse_duration(text) >= least) return "";
    return "'" + text + "' is too short: at least " + format_duration(least) + " is expected";
  } catch (const Error& error) {
    return error.what();
  }
}

std::string counted(std::uint64_t count, const std::string& what) {
  return human_count(count) + " " + what + (count == 1 ? "" : "s");
}

void print_json(const Json& value) { std::cout << dump_json(value); }

void tell_when_interrupted() {
  struct sigaction action {};
  action.sa_handler = [](int signal) {
    constexpr std::string_view kText =
        "\nreelcell: interrupted; the same command goes on where it was\n";
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, kText.data(), kText.size());
    ::raise(signal);  // whose action is the default again
  };
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  for (const int signal : {SIGINT, SIGTERM}) {
    struct sigaction before {};
    const bool ignored = ::sigaction(signal, nullptr, &before) == 0 && before.sa_handler == SIG_IGN;
    if (!ignored) ::sigaction(signal, &action, nullptr);
  }
}

}  // namespace reelcell::cli
