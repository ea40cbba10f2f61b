#include "internal/sample_rules.hpp"

#include <algorithm>

namespace reelcell::webdataset {

// The rule is the regular expression ^((?:.*/|)[^.]+)[.]([^/]*)$ with its greedy matching.
std::optional<std::pair<std::string, std::string>> split_name(std::string_view name) {
  if (name.find('\n') != std::string_view::npos) return std::nullopt;  // '.' matches no newline
  const std::size_t slash = name.rfind('/');
  const std::size_t base = slash == std::string_view::npos ? 0 : slash + 1;
  const std::size_t dot = name.find('.', base);
  if (dot == std::string_view::npos) return std::nullopt;
  if (dot == base) {
    // Nothing before the dot in the last part: the part before the slash may stand in for it.
    if (base == 0) return std::nullopt;
    const std::size_t before = slash == 0 ? std::string_view::npos : name.rfind('/', slash - 1);
    const std::size_t start = before == std::string_view::npos ? 0 : before + 1;
    if (name.substr(start, slash - start).find('.') != std::string_view::npos) return std::nullopt;
  }
  std::string extension(name.substr(dot + 1));
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return std::pair(std::string(name.substr(0, dot)), extension);
}

bool is_skipped_name(std::string_view name) {
  return name.find('/') == std::string_view::npos && name.size() >= 2 && name.starts_with("__") &&
         name.ends_with("__");
}

}  // namespace reelcell::webdataset
