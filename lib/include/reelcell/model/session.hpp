// A session: one recording of one cell, as described by session.json or by a self-describing file.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "reelcell/base/json.hpp"
#include "reelcell/base/time.hpp"
#include "reelcell/model/series.hpp"
#include "reelcell/model/video.hpp"

namespace reelcell {

enum class StreamKind { kVideo, kSeries, kEvents, kAudio };
std::string_view to_string(StreamKind kind);
StreamKind parse_stream_kind(std::string_view text);

/// What session.json states of a stream's clock:
///   session = stream + offset + drift_ppm * 1e-6 * (stream - reference)
struct ClockSpec {
  Nanos offset{0};
  double drift_ppm = 0;
  StreamTime reference{};
  bool stated =
      false;  ///< false: nothing was said; offset 0 is an assumption and is reported as one
  std::string source = "";  ///< "session.json", "mcap log time", "measured", ..
};

/// Which instant of a frame the stamp marks.
enum class StampPoint { kUnknown, kExposureStart, kExposureMid, kExposureEnd, kReadout, kReceive };
std::string_view to_string(StampPoint point);
StampPoint parse_stamp_point(std::string_view text);

/// How late a sample may come and still be put in its place; real loggers flush in blocks.
inline constexpr Nanos kReorderWindow = std::chrono::milliseconds(100);

/// Where a stream's data is. `path` is relative to the session folder.
struct StreamSource {
  std::string format;  ///< reader's name: "csv", "jsonl", "mcap", "video", "lerobot"
  std::string path;
  std::string item;     ///< part of a container: a topic, a track ("0"), a LeRobot feature
  std::string episode;  ///< of a data set of many sessions, "" otherwise
  Json options = Json::object();  ///< the reader's own options, checked by it
};

struct StreamSpec {
  std::string name;  ///< unique in the session
  StreamKind kind = StreamKind::kSeries;
  StreamSource source;
  ClockSpec clock;
  std::optional<double> rate_hz;  ///< nominal
  StampPoint stamp = StampPoint::kUnknown;
  std::optional<Nanos> exposure;
  Nanos reorder_window = kReorderWindow;  ///< of series and events
  std::string role;                       ///< "", "verdicts", "plc", "marks", "plan"
  std::vector<ColumnSpec> columns;        ///< series: known after opening
  std::optional<VideoFormat> video;       ///< video: known after opening
  std::string time_field;  ///< which stamp is the clock: "log_time", "publish_time", "header",
                           ///< "pts", a column
};

/// A file that is read beside a stream's own: its frames' stamps, labels, the plan.
struct SourceFile {
  std::string role;  ///< "stamps", "segment", "plan"
  std::filesystem::path path;
};

struct SessionDescription {
  std::string id;
  std::string folder;                   ///< root of all relative paths; never written into a corpus
  std::string clock_epoch = "unknown";  ///< "unix", "boot", "unknown"
  std::vector<std::pair<std::string, Value>> attributes;  ///< cell, operator, part, variant, ..
  std::vector<StreamSpec> streams;
  Json plan;              ///< planned inspection points, null when none
  std::string plan_file;  ///< the file it was read from, relative; "" when session.json holds it
  const StreamSpec* stream(std::string_view name) const;
  const Value* attribute(std::string_view name) const;
};

}  // namespace reelcell
