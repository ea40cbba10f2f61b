// Python's format strings, as far as LeRobot's path templates use them.
#include <fmt/format.h>

#include <charconv>

#include "internal/data_set.hpp"

namespace reelcell::writers::lerobot {

namespace {
/// "03d" -> 3; "" -> 0; anything else is refused.
std::optional<int> width_of(std::string_view format) {
  if (format.empty()) return 0;
  if (format.back() == 'd') format.remove_suffix(1);
  int width = 0;
  const auto [end, error] = std::from_chars(format.data(), format.data() + format.size(), width);
  if (error != std::errc{} || end != format.data() + format.size() || width < 0 || width > 20)
    return std::nullopt;
  return width;
}
}  // namespace

std::optional<std::string> fill_template(const std::string& text,
                                         const std::map<std::string, std::int64_t>& numbers,
                                         const std::map<std::string, std::string>& texts,
                                         std::string* trouble) {
  std::string filled;
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] != '{') {
      filled += text[i++];
      continue;
    }
    const std::size_t end = text.find('}', i);
    if (end == std::string::npos) {
      *trouble = "a '{' is never closed";
      return std::nullopt;
    }
    const std::string field = text.substr(i + 1, end - i - 1);
    const std::size_t colon = field.find(':');
    const std::string name = field.substr(0, colon);
    const std::string format = colon == std::string::npos ? "" : field.substr(colon + 1);
    const std::optional<int> width = width_of(format);
    if (const auto number = numbers.find(name); number != numbers.end() && width) {
      filled += fmt::format("{:0{}d}", number->second, *width);
    } else if (const auto word = texts.find(name); word != texts.end() && format.empty()) {
      filled += word->second;
    } else {
      *trouble = "'{" + field + "}' is nothing a reader fills in here";
      return std::nullopt;
    }
    i = end + 1;
  }
  return filled;
}

}  // namespace reelcell::writers::lerobot
