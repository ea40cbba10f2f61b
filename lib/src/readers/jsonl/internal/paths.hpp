// Paths into nested records: "pose.x", "q[3]", "axes[0].torque".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "reelcell/base/json.hpp"

namespace reelcell::readers::jsonl {

struct Step {
  std::string key;        ///< of an object, when !is_index
  std::size_t index = 0;  ///< of an array
  bool is_index = false;
};
using Path = std::vector<Step>;

/// Throws InputError for an empty path or a bad index.
Path parse_path(std::string_view text);
/// The record as a value; not an object when the text is none, or is nested more than 100 levels.
Json parse_record(std::string_view text);
/// nullptr where the record has no such value.
const Json* find_path(const Json& record, const Path& path);

/// What the first records hold at one path. Arrays of numbers are one field with a width.
struct Field {
  std::string name;  ///< the path as text
  Path path;
  std::size_t numbers = 0, bools = 0, texts = 0, others = 0;
  std::size_t width = 0;   ///< 0 = scalar; else the longest array of numbers
  std::string first_text;  ///< of a scalar, for guessing the time unit
};

/// The leaves of the first records, in order of first appearance; at most 4096.
class Survey {
 public:
  void add(const Json& record);
  const std::vector<Field>& fields() const { return fields_; }
  const Field* find(const std::string& name) const;

 private:
  void add_value(const Json& value, const std::string& name);
  Field* field_at(const std::string& name);
  std::vector<Field> fields_;
  std::unordered_map<std::string, std::size_t> places_;
  Path path_;
};

}  // namespace reelcell::readers::jsonl
