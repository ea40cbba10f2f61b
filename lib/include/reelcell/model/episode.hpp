// What a writer gets: a segment as rows on a grid, clips, native-rate data, labels and lineage.
#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "reelcell/model/objects.hpp"
#include "reelcell/model/segment.hpp"
#include "reelcell/model/series.hpp"
#include "reelcell/model/session.hpp"
#include "reelcell/model/video.hpp"

namespace reelcell {

/// How a row's value came about.
enum class JoinFlag : std::int8_t {
  kExact = 0,
  kInterpolated = 1,
  kHeld = 2,
  kNearest = 3,
  kGap = 4
};
std::string_view to_string(JoinFlag flag);

/// A column of the corpus. Video features have no column data; their clips carry the frames.
struct FeatureSpec {
  std::string name;  ///< "observation.state"; no '/'
  DType dtype = DType::kFloat32;
  bool is_video = false;
  std::vector<std::int64_t> shape;  ///< [14], or [H, W, 3] for video
  std::vector<std::string>
      names;  ///< element names, may be empty; ["height","width","channels"] for video
  std::string unit;
  std::string modality;  ///< "state", "action", "video", "" : for GR00T's modality.json
  std::vector<std::pair<std::string, std::size_t>>
      parts;  ///< source columns and their widths, in order
};

/// What all episodes of a corpus share. Built by the plan, before the first episode.
struct CorpusSchema {
  std::string name;
  Rational rate{30, 1};  ///< rows per second
  std::string robot_type = "unknown";
  std::vector<FeatureSpec> features;  ///< in column order, with video
  std::vector<std::string> label_names;
  bool true_times = true;  ///< write time_ns, and per source stream: time_ns, skew_ns, flag
  std::vector<std::string> time_streams;  ///< streams whose true times are kept, in order
  std::string description, license, url, creator;
};

/// True times of one source stream on the episode's rows.
struct RowTimes {
  std::string stream;
  std::vector<SessionTime>
      source;  ///< time of the sample used (the nearest of the two when interpolated)
  std::vector<std::int64_t> skew_ns;  ///< source - reference
  std::vector<JoinFlag> flag;
};

/// Native-rate samples beside the grid: samples [begin[i], end[i]) belong to row i.
struct NativeSeries {
  std::string stream;
  SeriesSlice samples;
  std::vector<std::uint32_t> begin, end;
};

struct EpisodeClip {
  std::string feature;  ///< "observation.images.front"
  std::string stream;
  std::shared_ptr<const VideoSource> source;
  std::vector<std::uint32_t> frame;  ///< per row: ordinal in source->frames(), presentation order
  ClipPackets packets;
  std::uint32_t copied_frames = 0;  ///< of packets.frames; the others are encoded
  std::uint64_t copied_bytes = 0;   ///< of packets.bytes
};

/// A still picture at a chosen instant, encoded.
struct EpisodeStill {
  std::string feature;
  std::string name;    ///< "first", "middle", "last", "evidence"
  SessionTime time{};  ///< true time of the frame
  std::int64_t pts = 0;
  std::string extension;  ///< "jpg" or "png"
  Bytes data;
};

/// Where a sample came from, source by source.
struct SourceLineage {
  std::string stream;              ///< "" for a file that is no stream
  std::string path, format, item;  ///< path relative to the session folder
  std::vector<std::string> roles;  ///< "rows", "grid", "label", "segment", "gate", "plan", ..
  /// Of the source file; of an episode of a data set and of a folder, of what the stream holds.
  std::string xxh3_128, sha256;
  std::string no_hash;  ///< why there is none, where it could not be taken
  /// False: no sample of it is known (a plain file, a stream in which nothing was found).
  bool timed = true;
  /// First and last sample of the rows; of a source that gave none, of what was read from it.
  std::int64_t first_pts = 0, last_pts = 0;
  Rational time_base{1, 1'000'000'000};
  SessionTime first{}, last{};
  Json clock_map;  ///< as used
  /// Corpora of earlier versions name no role and list nothing but what gave rows.
  bool gave_rows() const {
    return roles.empty() || std::find(roles.begin(), roles.end(), "rows") != roles.end();
  }
};

/// Rows: all vectors have `rows` entries. Immutable once built.
struct Episode {
  std::uint64_t index = 0;  ///< in the corpus, contiguous from 0 over the kept episodes
  std::string key;          ///< stable, unique in the corpus, [A-Za-z0-9_-]: "seat-0001_visit-0003"
  std::string session_id;
  std::vector<std::pair<std::string, Value>> session_attributes;
  Segment segment;
  std::string split;  ///< "train", "val", "test"
  std::size_t rows = 0;
  std::vector<SessionTime> time;  ///< reference times of the rows
  std::vector<Column> columns;    ///< one per non-video feature, in schema order
  std::vector<RowTimes> row_times;
  std::vector<NativeSeries> native;
  std::vector<EpisodeClip> clips;
  std::vector<EpisodeStill> stills;
  std::vector<ClipObjects> objects;  ///< of the clips for whose cameras label files were named
  std::vector<SourceLineage> lineage;
  /// Statistics of each video feature's pixels, (filled while decoding) by feature name; see
  /// stats::ChannelStats.
  Json video_stats = Json::object();
};

}  // namespace reelcell
