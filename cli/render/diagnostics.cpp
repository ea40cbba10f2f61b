#include "render/diagnostics.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <iostream>

#include "reelcell/base/time.hpp"
#include "render/table.hpp"

namespace reelcell::cli {

void print_diagnostics(const Diagnostics& diagnostics) {
  std::cout.flush();  // the result first, where both go to one terminal
  const bool color = color_wanted(STDERR_FILENO);
  for (const Diagnostic& entry : diagnostics.summary()) {
    const char* ansi = entry.severity == Severity::kLoss      ? "31"
                       : entry.severity == Severity::kWarning ? "33"
                                                              : "2";
    std::string line = paint(std::string(to_string(entry.severity)), ansi, color) + ": " +
                       entry.where + ": " + entry.message;
    if (entry.count > 1) line += fmt::format(" (and {} more of the same)", entry.count - 1);
    if (entry.first_ns && entry.last_ns)
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
