#include "internal/writer_base.hpp"

#include <fmt/format.h>

#include "internal/video_roll.hpp"
#include "reelcell/base/error.hpp"

namespace reelcell::writers::lerobot {

Json origin_of(const Episode& episode) {
  const Segment& segment = episode.segment;
  return {{"reelcell/key", episode.key},
          {"reelcell/session", episode.session_id},
          {"reelcell/split", episode.split},
          {"reelcell/segment_kind", segment.kind},
          {"reelcell/segment", segment.name},
          {"reelcell/start_ns", ns_of(segment.range.start)},
          {"reelcell/end_ns", ns_of(segment.range.end)}};
}

std::vector<table::ParquetColumn> origin_columns() {
  std::vector<table::ParquetColumn> columns;
  for (const char* name : {"key", "session", "split", "segment_kind", "segment"})
    columns.push_back({std::string("reelcell/") + name, DType::kString, 0});
  columns.push_back({"reelcell/start_ns", DType::kInt64, 0});
  columns.push_back({"reelcell/end_ns", DType::kInt64, 0});
  return columns;
}

namespace {
Annotations annotations_of(const Settings& settings) {
  return settings.gr00t ? Annotations::kTaskIndices : Annotations::kTexts;
}
}  // namespace

void check_plan(const CorpusSchema& schema, const OptionValues& options, bool with_file_sizes) {
  static_cast<void>(whole_fps(schema));
  static_cast<void>(FeatureLayout(schema, annotations_of(read_settings(options, with_file_sizes))));
}

WriterBase::WriterBase(WriterContext context, bool with_file_sizes)
    : context_(std::move(context)),
      fps_(whole_fps(context_.schema)),
      settings_(read_settings(context_.options, with_file_sizes)),
      layout_(context_.schema, annotations_of(settings_)),
      folder_(context_),
      stats_(layout_.data(), layout_.videos()),
      cameras_(layout_, fps_),
      labels_(folder_),
      pixels_(folder_),
      native_(settings_, folder_),
      objects_(folder_) {}

void WriterBase::check(const Episode& episode) {
  const std::string where = "episode " + episode.key;
  if (episode.index != episodes_)
    throw PlanError(where,
                    fmt::format("has index {}, the next one is {}", episode.index, episodes_));
  if (episode.rows == 0) throw PlanError(where, "has no rows; drop it by a gate");
  for (const FeatureSpec& spec : layout_.videos()) {
    const EpisodeClip& clip = clip_of(episode, spec.name);
    check_clip(episode, clip, fps_);
    cameras_.add(episode, clip, context_.diagnostics);
  }
}

std::vector<Column> WriterBase::begin(const Episode& episode) {
  check(episode);
  splits_.add(episode);
  return layout_.rows(episode, {fps_, frames_}, tasks_);
}

void WriterBase::count(const Episode& episode, const std::vector<Column>& columns,
                       const SamplePlace& place) {
  note_episode(episode, place, stats_.add(columns, episode));
  labels_.add(episode);
  pixels_.add(episode);
  objects_.add(episode);
  for (const FeatureSpec& spec : layout_.videos()) tally_.add(clip_of(episode, spec.name).packets);
  frames_ += static_cast<std::int64_t>(episode.rows);
  ++episodes_;
}

SamplePlace WriterBase::add(const Episode& episode) {
  const std::vector<Column> columns = begin(episode);
  SamplePlace place;
  place.episode = episode.index;
  write_episode(episode, columns, place);
  add_native(episode, place);
  count(episode, columns, place);
  return place;
}

void WriterBase::add_native(const Episode& episode, SamplePlace& place) {
  Json native = native_.add(episode);
  for (auto& [stream, series] : native.items())
    series["file"] = folder_.corpus_path(series["file"].get<std::string>());
  if (!native.empty()) place.details["native"] = std::move(native);
}

SamplePlace WriterBase::carry(const Episode& episode, const EarlierPlace& before) {
  try {
    const std::vector<Column> columns = begin(episode);
    SamplePlace place;
    place.episode = episode.index;
    const bool stays =
        before.place.episode == episode.index && before.whole->contains(before.place.file);
    carry_episode(episode, columns, before, stays, place);
    add_native(episode, place);
    count(episode, columns, place);
    return place;
  } catch (const Json::exception& error) {
    throw InputError("episode " + episode.key,
                     std::string("its place is not as this program writes it: ") + error.what());
  }
}

void WriterBase::adopt(const Episode& episode, const SamplePlace& place) {
  try {
    const std::vector<Column> columns = begin(episode);
    skip_past(place);
    native_.adopt(place.details.value("native", Json::object()));
    count(episode, columns, place);
  } catch (const Json::exception& error) {
    throw InputError("episode " + episode.key,
                     std::string("its place is not as this program writes it: ") + error.what());
  }
}

void WriterBase::warn_of_missing_pixels() const {
  if (!context_.diagnostics) return;
  for (const std::string& feature : stats_.without_pixels())
    context_.diagnostics->warn(
        "lerobot-no-pixel-stats", feature,
        "an episode came without pixel statistics, so its figures are not in meta: switch on "
        "the output's picture statistics to decode every frame once");
}

Json WriterBase::info() const {
  Json info = Json::object();
  info["codebase_version"] = "";
  info["robot_type"] = context_.schema.robot_type;
  info["total_episodes"] = episodes_;
  info["total_frames"] = frames_;
  info["total_tasks"] = tasks_.texts().size();
  info["chunks_size"] = settings_.chunks_size;
  info["fps"] = fps_;
  info["splits"] = splits_.json();
  info["data_path"] = "";
  info["video_path"] = nullptr;
  complete_info(info);
  info["features"] = layout_.info(cameras_.info());
  return info;
}

WriterReport WriterBase::close() {
  if (episodes_ == 0)
    throw PlanError(folder_.path().string(),
                    "no episode is left to write; the report of the gates says why");
  native_.close();
  labels_.close();
  pixels_.close();
  objects_.close();
  const Json total = stats_.total();
  warn_of_missing_pixels();
  finish(total);
  if (settings_.gr00t)
    write_file_atomic(folder_.file("meta/modality.json"),
                      dump_json(modality_json(context_.schema, layout_.annotations())));
  // Last: a folder without info.json is no data set.
  write_file_atomic(folder_.file("meta/info.json"), dump_json(info()));
  WriterReport report;
  report.files = folder_.report();
  report.carried = folder_.carried();
  report.summary = {{"episodes", episodes_},
                    {"frames", frames_},
                    {"tasks", tasks_.texts().size()},
                    {"splits", splits_.json()},
                    {"clips", tally_.json()}};
  return report;
}

}  // namespace reelcell::writers::lerobot
