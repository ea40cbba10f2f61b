#include "internal/source.hpp"

#include <algorithm>

#include "reelcell/base/error.hpp"

namespace reelcell::label {
namespace {
constexpr std::size_t kShownLine = 120;  // bytes of a long line that are shown around the place

bool is_continuation(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

std::size_t columns(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return !is_continuation(c); }));
}

/// Control characters would shift the caret or drive the terminal.
std::string printable(std::string_view text) {
  std::string shown(text);
  for (char& c : shown)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  return shown;
}
}  // namespace

void fail(const Source& source, Span span, const std::string& message) {
  const std::string_view text = source.text;
  const std::size_t begin = std::min(span.begin, text.size());
  std::size_t line_begin = 0;
  if (begin > 0) {
    const std::size_t newline = text.rfind('\n', begin - 1);
    if (newline != std::string_view::npos) line_begin = newline + 1;
  }
  std::size_t line_end = std::min(text.find('\n', begin), text.size());
  if (begin - line_begin > kShownLine / 2) line_begin = begin - kShownLine / 2;
  line_end = std::min(line_end, line_begin + kShownLine);
  while (line_begin < begin && is_continuation(text[line_begin])) ++line_begin;
  while (line_end < text.size() && line_end > begin && is_continuation(text[line_end])) --line_end;

  const std::size_t end = std::clamp(span.end, begin, std::max(begin, line_end));
  const std::size_t marks = std::max<std::size_t>(1, columns(text.substr(begin, end - begin)));
  std::string full = message + "\n  " + printable(text.substr(line_begin, line_end - line_begin)) +
                     "\n  " +
                     std::string(columns(text.substr(line_begin, begin - line_begin)), ' ') + "^" +
                     std::string(marks - 1, '~');
  throw InputError(source.where, full);
}

}  // namespace reelcell::label
