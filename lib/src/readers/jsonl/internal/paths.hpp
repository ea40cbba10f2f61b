// Paths into nested records: "pose.x", "q[3]", "axes[0].torque".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
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

/// Adds the leaves of one record to `fields`, in order of first appearance.
void survey(const Json& record, std::vector<Field>& fields);

}  // namespace reelcell::readers::jsonl
