// Findings of one kind in one file, counted together: a million bad rows give one line.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "reelcell/model/finding.hpp"

namespace reelcell::writers::lerobot {

class Grouped {
 public:
  void add(FindingLevel level, const std::string& code, const std::string& path,
           const std::string& where, const std::string& message);
  void error(const std::string& code, const std::string& path, const std::string& where,
             const std::string& message) {
    add(FindingLevel::kError, code, path, where, message);
  }
  void warning(const std::string& code, const std::string& path, const std::string& where,
               const std::string& message) {
    add(FindingLevel::kWarning, code, path, where, message);
  }
  void note(const std::string& code, const std::string& path, const std::string& where,
            const std::string& message) {
    add(FindingLevel::kNote, code, path, where, message);
  }
  /// Appends another's groups, in their order.
  void merge(const Grouped& other);
  /// In the order of first occurrence; the message of the first, with the count of the rest. Beyond
  /// 20 places one code is only counted.
  void flush(Findings& findings) const;

 private:
  struct Group {
    Finding first;
    std::uint64_t count = 1;
  };
  std::vector<Group> groups_;
};

/// "0, 3-9, 15-99": ranges of numbers in order, at most `limit` of them.
std::string ranges_text(const std::vector<std::int64_t>& numbers, std::size_t limit = 8);

}  // namespace reelcell::writers::lerobot
