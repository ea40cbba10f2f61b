// Lines of a text file in big blocks. Memory: one block, or the longest record.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "reelcell/base/file.hpp"

namespace reelcell::textlog {

struct Line {
  std::string_view text;     ///< without the line end ("\n" or "\r\n"); valid until the next call
  std::uint64_t number = 0;  ///< from 1; of the first line of a record
  std::uint64_t offset = 0;  ///< byte offset of its start
  bool terminated = true;    ///< false: the file ends without a line end
  bool too_long = false;     ///< longer than the limit: `text` is only its start
};

/// Not thread-safe. A UTF-8 byte-order mark at the start of the file is skipped.
class LineReader {
 public:
  static constexpr std::size_t kBlock = std::size_t{1} << 20;
  static constexpr std::size_t kMaxLine = std::size_t{64} << 20;

  /// Starts at byte `offset`, which is the start of line `number`.
  explicit LineReader(std::shared_ptr<const InputFile> file, std::uint64_t offset = 0,
                      std::uint64_t number = 1, std::size_t max_line = kMaxLine);
  bool next(Line& line);
  /// The record goes on over the line end (a quoted field): `line` grows by the following line.
  /// False, and `line` unchanged, at the end of the file or at the limit.
  bool extend(Line& line);
  /// Takes back every extend() since next(): `line` is its first line again.
  void shrink(Line& line);
  /// Where the next line starts, and its number.
  std::uint64_t next_offset() const { return file_offset_ - (size_ - next_); }
  std::uint64_t next_number() const { return number_; }
  /// Most lines that can still come.
  std::uint64_t lines_left() const {
    return file_->size() - std::min(file_->size(), next_offset());
  }

 private:
  enum class Found { kLineEnd, kEndOfFile, kLimit };
  Found find_end(std::size_t from);
  bool fill();
  void set_text(Line& line, std::size_t end, bool terminated) const;
  void skip_rest(Line& line);

  std::shared_ptr<const InputFile> file_;
  Bytes buffer_;
  std::size_t max_line_;
  std::uint64_t file_offset_;                   ///< of the byte after the buffer's content
  std::size_t start_ = 0;                       ///< of the record in the buffer
  std::size_t end_ = 0;                         ///< of the line just found, without its '\n'
  std::size_t next_ = 0;                        ///< first byte after the record
  std::size_t first_end_ = 0, first_next_ = 0;  ///< the same of the record's first line
  std::size_t size_ = 0;                        ///< bytes in the buffer
  std::uint64_t number_;                        ///< of the next line
  bool first_terminated_ = true, last_terminated_ = true;
  std::string start_of_long_;
};

}  // namespace reelcell::textlog
