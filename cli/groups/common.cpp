#include "groups/common.hpp"

#include <algorithm>
#include <iostream>
#include <thread>

namespace reelcell::cli {

void ThreadsOption::setup(CLI::App& app) {
  app.add_option(
         "-j,--threads", threads,
         "Work on this many threads (default 0: one a processor); the output does not depend on it")
      ->type_name("N");
}
std::size_t ThreadsOption::value() const {
  return threads ? threads : std::max<std::size_t>(1, std::thread::hardware_concurrency());
}

void JsonOption::setup(CLI::App& app, const char* what) { app.add_flag("--json", json, what); }

void print_json(const Json& value) { std::cout << dump_json(value); }

}  // namespace reelcell::cli
