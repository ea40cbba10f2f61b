// .jsonl metadata, line by line.
#pragma once

#include <fstream>
#include <functional>
#include <string>

#include "grouped.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/base/file.hpp"
#include "reelcell/base/json.hpp"

namespace reelcell::writers::lerobot {

/// Calls take(object, line number from 1). A line that is no object is found as `code`; false when
/// the file cannot be opened.
inline bool for_each_line(const fs::path& root, const char* path, const char* code, Grouped& found,
                          const std::function<void(const Json&, std::size_t)>& take) {
  std::ifstream in(root / path, std::ios::binary);
  if (!in) {
    found.error(code, path, "", "cannot be opened");
    return false;
  }
  std::string line;
  for (std::size_t number = 1; std::getline(in, line); ++number) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    try {
      const Json row = parse_json(line, path);
      if (!row.is_object()) throw InputError("is no object");
      take(row, number);
    } catch (const InputError& error) {
      found.error(code, path, "line " + std::to_string(number),
                  "cannot be read: " + error.message());
    }
  }
  return true;
}

}  // namespace reelcell::writers::lerobot
