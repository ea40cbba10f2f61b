#include "reelcell/readers/modality.hpp"

#include <algorithm>
#include <cstdint>

#include "reelcell/base/error.hpp"

namespace reelcell::readers {

namespace {
bool is_own(const std::string& column) {
  static const std::set<std::string> own = {"timestamp", "frame_index", "episode_index", "index",
                                            "task_index"};
  return own.contains(column);
}

std::string original_key(const Json& entry, const std::string& usual) {
  if (!entry.is_object()) return usual;
  const auto found = entry.find("original_key");
  return found != entry.end() && found->is_string() ? found->get<std::string>() : usual;
}

std::int64_t border(const Json& entry, const char* name) {
  const auto found = entry.find(name);
  return found != entry.end() && found->is_number_integer() ? found->get<std::int64_t>() : -1;
}

/// The section's stretches of each column, in the order of their starts.
void read_groups(const Json& section, const std::string& name, Modality& modality) {
  struct Stretch {
    std::int64_t start, end;
    std::string name;
  };
  std::map<std::string, std::vector<Stretch>> found;
  for (const auto& [key, entry] : section.items())
    if (entry.is_object())
      found[original_key(entry, name == "state" ? "observation.state" : "action")].push_back(
          {border(entry, "start"), border(entry, "end"), key});
  for (auto& [column, stretches] : found) {
    std::stable_sort(stretches.begin(), stretches.end(),
                     [](const Stretch& a, const Stretch& b) { return a.start < b.start; });
    ColumnGroups groups{name, {}};
    std::int64_t at = 0;
    for (const Stretch& stretch : stretches) {
      if (stretch.start != at || stretch.end <= at) break;
      groups.widths.emplace_back(stretch.name, static_cast<std::size_t>(stretch.end - at));
      at = stretch.end;
    }
    if (groups.widths.size() == stretches.size())
      modality.groups.try_emplace(column, std::move(groups));
  }
}
}  // namespace

std::size_t ColumnGroups::width() const {
  std::size_t width = 0;
  for (const auto& [name, own] : widths) width += own;
  return width;
}

bool Modality::is_index(const std::string& column, DType type, std::size_t width) const {
  return width == 1 && !is_float(type) && type != DType::kBool && type != DType::kString &&
         annotations.contains(column);
}

Modality read_modality(const fs::path& root) {
  Modality modality;
  const fs::path path = root / "meta" / "modality.json";
  std::error_code ignored;
  if (!fs::exists(path, ignored)) return modality;
  modality.json = read_json_file(path);
  if (!modality.json.is_object()) throw InputError(path.string(), "an object was expected");
  for (const char* name : {"state", "action"})
    if (const auto section = modality.json.find(name);
        section != modality.json.end() && section->is_object())
      read_groups(*section, name, modality);
  const auto annotation = modality.json.find("annotation");
  const bool has_texts = fs::exists(root / "meta" / "tasks.parquet", ignored) ||
                         fs::exists(root / "meta" / "tasks.jsonl", ignored);
  if (!has_texts || annotation == modality.json.end() || !annotation->is_object()) return modality;
  for (const auto& [key, entry] : annotation->items())
    if (std::string column = original_key(entry, "annotation." + key); !is_own(column))
      modality.annotations.insert(std::move(column));
  return modality;
}

}  // namespace reelcell::readers
