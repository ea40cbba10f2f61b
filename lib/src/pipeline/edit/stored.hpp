// Episodes that lie in a finished corpus or data set, turned back into what a writer takes: the
// rows to the last bit, the packets as they are, labels, native series, stills and lineage.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "reelcell/base/json_shelf.hpp"
#include "reelcell/model/corpus.hpp"
#include "reelcell/model/recording.hpp"
#include "reelcell/pipeline/build.hpp"
#include "reelcell/pipeline/recipe.hpp"

namespace reelcell::pipeline::edit {

/// What the manifest (or, for a data set of others, its tables) say of a sample: what is held of
/// every one.
struct StoredSample {
  std::uint64_t episode = 0;  ///< in its corpus
  std::string key, session, split, group;
  std::uint64_t rows = 0;
};
/// And what is looked up.
struct SampleDetails {
  Segment segment;
  std::vector<std::pair<std::string, Value>> session_attributes;
  std::vector<SourceLineage> lineage;
  Json manifest = Json::object();  ///< the sample's entry in corpus.json; {} for a bare data set
};

/// An episode with what it borrows from.
struct LoadedEpisode {
  Episode episode;
  std::unique_ptr<Diagnostics> losses = std::make_unique<Diagnostics>();
  std::uint64_t copied_clips = 0, copied_bytes = 0;
  std::map<std::string, std::string> encoded;  ///< feature -> why
  std::uint64_t encoded_clips = 0, encoded_bytes = 0;
  std::uint64_t decoded_frames = 0;  ///< for statistics that nobody had kept
};

enum class PixelFigures {
  kKept,    ///< as stored; decoded only where what is stored cannot be right or is missing
  kDecoded  ///< every frame decoded again
};

struct LoadOptions {
  PixelFigures pixels = PixelFigures::kKept;
  bool wants_pixels = true;  ///< some output keeps statistics of pictures
  /// Of which rows frames are decoded for them where no figures are kept: "all" or "sampled".
  std::string pixel_rows = "all";
  media::EncodeOptions encode;
  /// By the feature's name in the source, what clips that must be encoded become.
  CameraForms cameras;
  /// Why packets may not be copied though they could, given the camera; unset: they may.
  std::function<std::string(const CameraForm&, const VideoFormat&)> why_not_copied;
  Rational rate{30, 1};
};

/// One source of an edit. Immutable after opening; load() and details() may be called from several
/// threads. Memory: some hundred bytes a sample, the rest in temporary files.
class StoredCorpus {
 public:
  virtual ~StoredCorpus() = default;
  /// A folder with corpus.json, or a LeRobot data set. InputError for anything else.
  static std::unique_ptr<StoredCorpus> open(const fs::path& path);

  const fs::path& path() const { return path_; }
  std::string name() const { return name_; }
  const CorpusSchema& schema() const { return schema_; }
  const std::vector<StoredSample>& samples() const { return samples_; }
  /// With the outputs that the corpus has, and their options.
  const Recipe& recipe() const { return recipe_; }
  /// corpus.json, {} for a bare data set.
  /// Without its samples.
  const Json& manifest() const { return manifest_; }
  /// meta/info.json of its LeRobot folder, {} where it has none.
  virtual Json lerobot_info() const { return Json::object(); }
  virtual SampleDetails details(std::size_t sample) const = 0;
  /// report.json's decision on a key; null where there is none.
  virtual Json decision(const std::string&) const { return nullptr; }
  /// All of them, by key.
  virtual void for_each_decision(
      const std::function<void(const std::string&, const Json&)>&) const {}
  /// SHA-256 of corpus.json, or of a bare data set's metadata files.
  const std::string& hash() const { return hash_; }
  /// What opening left out, though the metadata name it.
  const Diagnostics& losses() const { return losses_; }

  /// InputError when the sample cannot be had whole.
  virtual LoadedEpisode load(std::size_t sample, const LoadOptions& options) const = 0;
  /// Rows, times and what is known of clips and pixels without reading frames; no native series, no
  /// stills. InputError when the sample cannot be had whole.
  virtual LoadedEpisode load_rows(std::size_t sample) const { return load(sample, {}); }

 protected:
  fs::path path_;
  std::string name_, hash_;
  CorpusSchema schema_;
  std::vector<StoredSample> samples_;
  Recipe recipe_;
  Json manifest_ = Json::object();
  Diagnostics losses_;
};

/// What the sample's entry says of its episode; rows, times, clips and stills are still to come.
LoadedEpisode begin_episode(const StoredSample& sample, const SampleDetails& details);
/// Where the sample lies in one output. `where` names the manifest. Throws InputError when its
/// entry does not say.
SamplePlace place_of(const StoredSample& sample, const Json& entry, const std::string& output,
                     const std::string& where);
/// A label as corpus.json and labels.jsonl state it.
Label read_label(const std::string& name, const Json& label);

std::unique_ptr<StoredCorpus> open_made_corpus(const fs::path& folder);
std::unique_ptr<StoredCorpus> open_bare_set(const fs::path& folder);

/// One LeRobot folder, read through the data set's reader.
class LeRobotFolder {
 public:
  /// Reads the metadata. `streams` are the true names of streams whose columns and folders carry a
  /// made-safe one.
  LeRobotFolder(fs::path folder, std::vector<std::string> streams);
  const Json& info() const { return info_; }
  /// The episode table's row, without statistics; {} when there is none.
  Json row(std::uint64_t episode) const;
  /// As the files have them, without LeRobot's own columns and ours for times; video last.
  const std::vector<FeatureSpec>& features() const { return features_; }
  bool has_true_times() const { return true_times_; }
  const std::vector<std::string>& time_streams() const { return time_streams_; }
  std::vector<std::uint64_t> episodes() const;
  Rational rate() const { return rate_; }
  const fs::path& path() const { return folder_; }
  /// Columns in the order of `schema`, times, native series and clips into `loaded`. Where `loaded`
  /// has no lineage yet, the files of the data set become it, hashed.
  void load(std::uint64_t episode, const CorpusSchema& schema, const LoadOptions& options,
            LoadedEpisode& loaded) const;
  /// Columns and times; of the clips that `loaded` has, their formats and figures of pixels.
  void load_rows(std::uint64_t episode, const CorpusSchema& schema, LoadedEpisode& loaded) const;
  std::string task(std::uint64_t episode) const;
  std::string split(std::uint64_t episode) const;

 private:
  void read_rows();
  void read_features();
  void read_pixels();
  void read_objects();
  struct Rows;
  Rows read_frames(const Recording& recording, const std::string& where, Diagnostics& losses) const;
  void take_columns(const Rows& rows, const CorpusSchema& schema, const std::string& where,
                    LoadedEpisode& loaded) const;
  void take_times(const Rows& rows, Episode& episode) const;
  Rows take_rows(std::uint64_t episode, const Recording& recording, const CorpusSchema& schema,
                 LoadedEpisode& loaded) const;
  void load_native(std::uint64_t episode, LoadedEpisode& loaded) const;
  void load_clips(std::uint64_t episode, const Recording& recording, const Rows& rows,
                  bool fresh_lineage, const CorpusSchema& schema, const LoadOptions& options,
                  LoadedEpisode& loaded) const;
  SourceLineage lineage_of(const StreamInfo& stream, const Episode& episode) const;
  std::string stream_of(const std::string& safe) const;
  /// Of every camera that has any in the data set, also where this episode has none.
  std::vector<ClipObjects> objects_of(std::uint64_t episode) const;
  Json stored_pixels(std::uint64_t episode, const std::string& feature) const;

  fs::path folder_;
  std::vector<std::string> streams_;
  Json info_;
  Rational rate_{30, 1};
  bool true_times_ = false;
  std::vector<std::string> time_streams_;
  std::vector<FeatureSpec> features_;
  /// By episode, numbers in shelf_: rows of the episode table, and figures of video features.
  std::map<std::uint64_t, std::size_t> rows_, figures_;
  JsonShelf shelf_;
  std::map<std::uint64_t, std::vector<ClipObjects>> objects_;  ///< of meta/objects.parquet
  std::vector<ClipObjects> object_clips_;                      ///< its cameras, without entries
  /// Where the lines of meta/pixels.jsonl begin, with their lengths.
  std::map<std::uint64_t, std::pair<std::uint64_t, std::size_t>> pixels_;
  mutable std::mutex mutex_;
  mutable std::map<std::string, Digests> hashes_;
};

/// One WebDataset folder of ours, read through the index beside each shard.
class WebDatasetFolder {
 public:
  explicit WebDatasetFolder(fs::path folder);
  bool has(const std::string& key) const { return places_.contains(key); }
  /// Everything: rows, times, native series, clips, stills.
  void load(const std::string& key, const CorpusSchema& schema, const LoadOptions& options,
            LoadedEpisode& loaded) const;
  /// Columns and times.
  void load_rows(const std::string& key, const CorpusSchema& schema, LoadedEpisode& loaded) const;
  /// What only this format keeps: stills, the frames' times in their source, session attributes,
  /// and native series where `loaded` has none.
  void add_extras(const std::string& key, LoadedEpisode& loaded) const;

  struct Place {
    std::string shard;
    Json members;
  };
  Place place(const std::string& key) const;  ///< InputError when there is none

 private:
  fs::path folder_;
  std::map<std::string, std::size_t> places_;  ///< numbers in shelf_
  JsonShelf shelf_;
};

/// Samples [begin, end) of each row from the row of each sample (-1 = none).
void rows_to_ranges(const std::vector<std::int64_t>& row_of, std::size_t rows,
                    NativeSeries& series);
/// Copies the packets of the rows' frames, or encodes where that is not exact, and says so.
void take_clip(std::shared_ptr<const VideoSource> source, std::vector<std::uint32_t> frames,
               const LoadOptions& options, EpisodeClip& clip, LoadedEpisode& loaded);
/// Histograms of the frames, decoded.
Json decode_pixels(std::shared_ptr<const VideoSource> source, std::vector<std::uint32_t> frames,
                   LoadedEpisode& loaded);
/// "/wrist/cam" -> "wrist.cam", as LeRobot's columns and folders spell a stream.
std::string safe_stream_name(std::string_view stream);

}  // namespace reelcell::pipeline::edit
