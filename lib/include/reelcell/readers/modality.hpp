// GR00T's meta/modality.json of a LeRobot data set: which columns are indices into the task texts,
// and which stretches of a vector have names.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "reelcell/base/file.hpp"
#include "reelcell/base/json.hpp"
#include "reelcell/model/series.hpp"

namespace reelcell::readers {

/// A vector column cut into named stretches, which follow one another from element 0.
struct ColumnGroups {
  std::string section;  ///< "state" or "action"
  std::vector<std::pair<std::string, std::size_t>> widths;
  std::size_t width() const;
};

struct Modality {
  Json json = Json::object();  ///< as it stands; empty without a file
  /// Columns that "annotation" names, without those that LeRobot defines itself; none in a set
  /// without a list of task texts.
  std::set<std::string> annotations;
  /// By column. One whose stretches overlap or leave elements out is not here: its groups cannot be
  /// told by widths alone.
  std::map<std::string, ColumnGroups> groups;
  /// Is a column of this type and width, named by "annotation", one of task indices?
  bool is_index(const std::string& column, DType type, std::size_t width) const;
};

/// Of the data set in `root`. Throws InputError for a file that is no JSON object.
Modality read_modality(const fs::path& root);

}  // namespace reelcell::readers
