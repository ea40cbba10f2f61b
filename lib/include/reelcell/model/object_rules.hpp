// What a box, polygon or mask must be, whatever format it lies in.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "reelcell/model/finding.hpp"
#include "reelcell/model/objects.hpp"

namespace reelcell {

struct ObjectFault {
  FindingLevel level = FindingLevel::kError;
  const char* code = "";  ///< "OBJ-BOX"
  std::string message;
};

/// Faults of one object in a picture of width x height pixels. A hand may slip over the border of
/// the picture (a warning); what lies wholly outside was drawn on another one.
std::vector<ObjectFault> faults_of(const PictureObject& object, int width, int height);

/// Gathers the class names of a whole set: names that differ in case, blanks or dashes alone are
/// one class to a person and two to a loader.
class ObjectLabels {
 public:
  void add(const std::string& label, const std::string& where);
  void merge(const ObjectLabels& other);
  /// One finding a pair, at the place of the rarer name.
  void report(const std::string& path, Findings& findings) const;

 private:
  struct Use {
    std::string where;  ///< of the first
    std::uint64_t count = 0;
  };
  std::map<std::string, Use> used_;
};

}  // namespace reelcell
