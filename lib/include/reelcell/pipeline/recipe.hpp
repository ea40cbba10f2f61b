// The recipe: how sessions become a corpus.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "reelcell/base/options.hpp"
#include "reelcell/curate/split.hpp"
#include "reelcell/label/rules.hpp"
#include "reelcell/media/clip.hpp"
#include "reelcell/model/corpus.hpp"
#include "reelcell/model/stages.hpp"
#include "reelcell/timeline/grid.hpp"

namespace reelcell::pipeline {

struct GridRule {
  std::optional<Rational> rate;  ///< absent: the anchor video's own rate, if that is a whole number
  std::string
      anchor;  ///< stream whose first frame or sample starts the grid; "" = first video, else none
  std::map<std::string, timeline::JoinPolicy, std::less<>> policy;  ///< by stream; "*" = all others
};

struct FeatureRule {
  std::string name;
  std::vector<std::string> from;  ///< "stream.column", "stream.column[2]"
  std::string video;              ///< stream
  std::optional<DType> dtype;
  std::string modality;
};

struct SegmentRule {
  const SegmenterRow* row = nullptr;
  OptionValues options;
};
struct GateRule {
  const GateRow* row = nullptr;
  OptionValues options;
  GateAction action = GateAction::kDrop;
};
struct OutputRule {
  const WriterRow* row = nullptr;
  std::string folder;
  OptionValues options;
};
/// At which instants of a segment a still is made.
struct StillInstant {
  enum class Kind { kFirst, kMiddle, kLast, kEvidence, kFromStart, kFromEnd, kShare, kEvents };
  Kind kind = Kind::kMiddle;
  /// Of the picture: "middle", "50ms", "end-50ms", "25pct"; of events without their number ("plc"
  /// for "plc-1", "plc-2", ..). Unique in the recipe, also in lower case.
  std::string name;
  Nanos offset{0};                  ///< kFromStart, kFromEnd
  double share = 0;                 ///< kShare: 0 to 1 of the segment
  std::string stream;               ///< kEvents
  std::string where_text;           ///< kEvents: the condition, "" = every event
  EventPredicate where;             ///< kEvents: never empty, safe to share between threads
  std::vector<std::string> fields;  ///< kEvents: that the condition asks for
};
struct StillRule {
  std::vector<StillInstant> at;
  std::string format = "jpg";
  int quality = 90;
};

struct Recipe {
  std::string name;
  std::string where;  ///< file, for messages
  Json document;      ///< as read, with variant and overrides applied: what the hash covers
  std::string hash;   ///< SHA-256 of the canonical document
  label::Parameters parameters;
  GridRule grid;
  std::vector<FeatureRule> features;  ///< empty: every column and every video
  std::vector<SegmentRule> segments;
  std::vector<label::LabelRule> labels;
  std::vector<OptionValues> objects;  ///< label files with boxes, polygons, masks
  std::string task;
  std::vector<GateRule> gates;
  curate::SplitRule splits;
  std::vector<OutputRule> outputs;
  media::EncodeOptions encode;
  bool names_codec = false, names_pix_fmt = false;  ///< or is what `encode` has of them a default?
  bool always_encode = false;
  std::string image_stats =
      "all";  ///< "all" frames, "sampled" (about 100 an episode, as LeRobot does), "none"
  bool native = true;
  bool true_times = true;
  StillRule stills;
  std::string robot_type = "unknown", description, license = "unknown", url, creator;
};

/// What one entry of "objects" may say.
std::vector<OptionSpec> object_options();

struct RecipeRequest {
  fs::path file;                       ///< empty: a default recipe (whole session, LeRobot v3.0)
  std::string variant;                 ///< "" = none
  std::vector<std::string> overrides;  ///< "name=value" of --set
};
/// Throws InputError with file, JSON pointer, found, expected.
Recipe read_recipe(const RecipeRequest& request);
Recipe parse_recipe(Json document, const std::string& where, const std::string& variant,
                    const std::vector<std::string>& overrides);

}  // namespace reelcell::pipeline
