#include "render/diagnostics.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <iostream>
#include <map>
#include <utility>

#include "reelcell/base/time.hpp"
#include "render/table.hpp"

namespace reelcell::cli {

namespace {

constexpr std::size_t kMostAlike = 5;  ///< more lines than this that say the same become one

/// What lines that say the same of different places and numbers have in common.
std::string gist(const Diagnostic& entry) {
  std::string text = std::string(to_string(entry.severity)) + entry.code + ' ';
  for (const char c : entry.message) {
    if (c >= '0' && c <= '9') {
      if (text.back() != '#') text += '#';
    } else {
      text += c;
    }
  }
  return text;
}

}  // namespace

void print_diagnostics(const Diagnostics& diagnostics, bool every_line) {
  std::cout.flush();  // the result first, where both go to one terminal
  const bool color = color_wanted(STDERR_FILENO);
  const std::vector<Diagnostic> entries = diagnostics.summary();
  struct Alike {
    std::size_t lines = 0;
    std::uint64_t count = 0;
    bool told = false;
  };
  std::map<std::string, Alike> all_alike;
  for (const Diagnostic& entry : entries) {
    Alike& alike = all_alike[gist(entry)];
    ++alike.lines;
    alike.count += entry.count;
  }
  for (const Diagnostic& entry : entries) {
    Alike& alike = all_alike[gist(entry)];
    const bool one_for_all = !every_line && alike.lines > kMostAlike;
    if (one_for_all && std::exchange(alike.told, true)) continue;
    const char* ansi = entry.severity == Severity::kLoss      ? "31"
                       : entry.severity == Severity::kWarning ? "33"
                                                              : "2";
    std::string line = paint(std::string(to_string(entry.severity)), ansi, color) + ": " +
                       entry.where + ": " + entry.message;
    if (one_for_all)
      line += alike.count == alike.lines
                  ? fmt::format(" (and {} more like it; --json lists them)", alike.lines - 1)
                  : fmt::format(" (and {} more lines like it, {} cases in all; --json lists them)",
                                alike.lines - 1, alike.count);
    else if (entry.count > 1)
      line += fmt::format(" (and {} more of the same)", entry.count - 1);
    if (!one_for_all && entry.first_ns && entry.last_ns)
      line += *entry.first_ns == *entry.last_ns
                  ? fmt::format(" [at {} s]", format_seconds(Nanos(*entry.first_ns)))
                  : fmt::format(" [{} s to {} s]", format_seconds(Nanos(*entry.first_ns)),
                                format_seconds(Nanos(*entry.last_ns)));
    std::fputs((line + " <" + entry.code + ">\n").c_str(), stderr);
  }
}

Json diagnostics_json(const Diagnostics& diagnostics) {
  Json list = Json::array();
  for (const Diagnostic& entry : diagnostics.summary()) {
    Json json = {{"severity", std::string(to_string(entry.severity))},
                 {"code", entry.code},
                 {"where", entry.where},
                 {"message", entry.message},
                 {"count", entry.count}};
    if (entry.first_ns) json["first_ns"] = *entry.first_ns;
    if (entry.last_ns) json["last_ns"] = *entry.last_ns;
    list.push_back(std::move(json));
  }
  return list;
}

}  // namespace reelcell::cli
