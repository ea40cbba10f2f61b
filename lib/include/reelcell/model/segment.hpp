// A segment of the session clock with its kind, where its borders came from, and its labels.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "reelcell/base/json.hpp"
#include "reelcell/base/time.hpp"
#include "reelcell/model/value.hpp"

namespace reelcell {

struct Boundary {
  std::string source;  ///< "session", "window", "plc.step", "joints.q speed < 0.05 rad/s"
  std::optional<Nanos> uncertainty = std::nullopt;  ///< +- half; 0 = exact, none = not known
};

/// One label. `value` may be unknown: then confidence is 0 and `explanation` says why.
struct Label {
  std::string name;
  Value value;
  double confidence = 1.0;          ///< 0..1
  std::string rule;                 ///< the rule's text or the importer's name
  std::vector<std::string> inputs;  ///< "verdicts.result@12.480s", "joints.q[3]"
  std::string explanation;
};

struct Segment {
  TimeRange range{};
  std::string kind;  ///< segmenter's name: "session", "window", "visit"
  std::string name;  ///< stable within the session: "window-0003"
  Boundary begin, finish;
  std::vector<std::pair<std::string, Value>> attributes;  ///< step = "VISIT", point = "P017"
  std::vector<Label> labels;
  std::string task;  ///< language instruction
  const Label* label(std::string_view label_name) const;
  const Value* attribute(std::string_view attribute_name) const;
};

Json to_json(const Segment& segment);

}  // namespace reelcell
