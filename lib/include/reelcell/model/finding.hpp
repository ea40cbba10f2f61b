// What `validate` finds. Codes are stable: CI systems filter on them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "reelcell/base/json.hpp"

namespace reelcell {

enum class FindingLevel { kNote, kWarning, kError };
std::string_view to_string(FindingLevel level);

struct Finding {
  FindingLevel level = FindingLevel::kError;
  std::string code;     ///< "LR-FRAMES-ROWS"
  std::string path;     ///< file, relative to what was validated
  std::string where;    ///< inside it: "/features/action", "episode 3", "byte 1234"
  std::string message;  ///< found, expected, next step
};

struct VerifyOptions {
  bool deep = false;  ///< decode every video at its episode borders, hash every file
  std::size_t threads = 1;
};

class Findings {
 public:
  void add(FindingLevel level, std::string code, std::string path, std::string where,
           std::string message);
  void error(std::string code, std::string path, std::string where, std::string message);
  void warning(std::string code, std::string path, std::string where, std::string message);
  void note(std::string code, std::string path, std::string where, std::string message);
  const std::vector<Finding>& all() const { return findings_; }
  std::size_t count(FindingLevel level) const;
  /// A count of something that was looked at and found good, for the report ("frames": 1782).
  void checked(std::string what, std::uint64_t count);
  const std::vector<std::pair<std::string, std::uint64_t>>& checked() const { return checked_; }

 private:
  std::vector<Finding> findings_;
  std::vector<std::pair<std::string, std::uint64_t>> checked_;
};

}  // namespace reelcell
