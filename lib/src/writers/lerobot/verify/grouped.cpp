#include "internal/grouped.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace reelcell::writers::lerobot {

namespace {
/// Findings with one code before the rest is only counted.
constexpr std::size_t kMostFiles = 20;
}  // namespace

void Grouped::add(FindingLevel level, const std::string& code, const std::string& path,
                  const std::string& where, const std::string& message) {
  // From the back: repeats come in runs.
  for (auto group = groups_.rbegin(); group != groups_.rend(); ++group) {
    const Finding& first = group->first;
    if (first.code != code || first.path != path || first.level != level) continue;
    // A JSON pointer is a place of its own, a row or an episode is one of many.
    if (first.where != where && where.starts_with('/')) continue;
    ++group->count;
    return;
  }
  groups_.push_back({{level, code, path, where, message}, 1});
}

void Grouped::merge(const Grouped& other) {
  groups_.insert(groups_.end(), other.groups_.begin(), other.groups_.end());
}

void Grouped::flush(Findings& findings) const {
  std::map<std::string, std::vector<const Group*>> folded;
  std::map<std::string, std::size_t> shown;
  for (const Group& group : groups_) {
    const Finding& f = group.first;
    if (++shown[f.code] > kMostFiles) {
      folded[f.code].push_back(&group);
      continue;
    }
    const std::string more =
        group.count > 1 ? fmt::format(" ({} more like it in this file)", group.count - 1) : "";
    findings.add(f.level, f.code, f.path, f.where, f.message + more);
  }
  for (const auto& [code, groups] : folded) {
    const Finding& f = groups.front()->first;
    const auto worst = std::max_element(
        groups.begin(), groups.end(),
        [](const Group* a, const Group* b) { return a->first.level < b->first.level; });
    findings.add((*worst)->first.level, code, f.path, f.where,
                 groups.size() == 1
                     ? f.message
                     : fmt::format("the same in {} more places, here the first", groups.size()));
  }
}

std::string ranges_text(const std::vector<std::int64_t>& numbers, std::size_t limit) {
  std::string text;
  std::size_t shown = 0;
  for (std::size_t i = 0; i < numbers.size();) {
    std::size_t j = i;
    while (j + 1 < numbers.size() && numbers[j + 1] == numbers[j] + 1) ++j;
    if (!text.empty()) text += ", ";
    if (shown++ == limit) return text + "..";
    text += i == j ? fmt::format("{}", numbers[i]) : fmt::format("{}-{}", numbers[i], numbers[j]);
    i = j + 1;
  }
  return text;
}

}  // namespace reelcell::writers::lerobot
