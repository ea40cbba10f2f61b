// Records of a CSV file: lines, joined where a quoted field holds a line end.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "layout.hpp"
#include "reelcell/textlog/lines.hpp"
#include "reelcell/textlog/losses.hpp"

namespace reelcell::readers::csv {

/// Does the text end inside a quoted field? A quote opens a field only at its start.
bool open_quote(std::string_view text, char delimiter = '\0');

class Records {
 public:
  /// `losses` may be nullptr: then faults are skipped silently (when only looking).
  Records(std::shared_ptr<const InputFile> file, const Layout& layout, std::uint64_t offset,
          std::uint64_t line, textlog::LossCounter* losses);
  /// Next record that is neither blank nor a comment.
  bool next(textlog::Line& line);
  std::uint64_t lines_left() const { return lines_.lines_left(); }
  /// Does the record need split()? Else its fields are plain text between delimiters.
  static bool has_quotes(std::string_view record);
  void split(const textlog::Line& line, std::vector<std::string_view>& fields);

 private:
  bool complete_quotes(textlog::Line& line);

  textlog::LineReader lines_;
  const Layout* layout_;
  textlog::LossCounter* losses_;
  std::string scratch_;
};

}  // namespace reelcell::readers::csv
