// Plain-text tables and small formatting, the same on any locale.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "reelcell/base/time.hpp"

namespace reelcell::cli {

/// Columns padded to their widest cell; numbers (cells that start with a digit, '+', '-') are
/// right-aligned.
class Table {
 public:
  explicit Table(std::vector<std::string> header) : header_(std::move(header)) {}
  void add(std::vector<std::string> row);
  std::string text() const;

 private:
  std::vector<std::string> header_;
  std::vector<std::vector<std::string>> rows_;
};

std::string fixed(double value, int digits);   ///< "12.30"; "-" for NaN
std::string human_bytes(std::uint64_t bytes);  ///< "3.4 MB"
std::string human_seconds(Nanos duration);     ///< "12.480 s"
std::string human_count(std::uint64_t count);  ///< "1 234 567"
bool color_wanted(int fd);                     ///< a terminal, and NO_COLOR is not set
std::string paint(const std::string& text, const char* ansi, bool on);

}  // namespace reelcell::cli
