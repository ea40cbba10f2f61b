// LeRobotDataset v2.1, also as GR00T reads it: one Parquet and one MP4 per episode, metadata as
// JSON lines.
#include <array>

#include "internal/tables.hpp"
#include "internal/verify.hpp"
#include "internal/video_roll.hpp"
#include "internal/writer_base.hpp"

namespace reelcell::writers {

namespace lerobot {
namespace {

class V21Writer final : public WriterBase {
 public:
  explicit V21Writer(WriterContext context)
      : WriterBase(std::move(context), false),
        episodes_file_(folder_.file("meta/episodes.jsonl")),
        stats_file_(folder_.file("meta/episodes_stats.jsonl")) {}

 protected:
  void write_episode(const Episode& episode, const std::vector<Column>& columns,
                     SamplePlace& place) override;
  void carry_episode(const Episode& episode, const std::vector<Column>& columns,
                     const EarlierPlace& before, bool stays, SamplePlace& place) override;
  void skip_past(const SamplePlace&) override {}  // each episode has files of its own
  void note_episode(const Episode& episode, const SamplePlace& place, Json figures) override;
  void finish(const Json& total_stats) override;
  void complete_info(Json& info) const override;

 private:
  std::int64_t chunk_of(std::uint64_t episode) const {
    return static_cast<std::int64_t>(episode) / settings_.chunks_size;
  }
  std::string rows_path(const Episode& episode) const {
    return "data/" + chunk_text(chunk_of(episode.index)) + "/" + episode_text(episode.index) +
           ".parquet";
  }
  std::string video_path(const Episode& episode, const std::string& feature) const {
    return "videos/" + chunk_text(chunk_of(episode.index)) + "/" + feature + "/" +
           episode_text(episode.index) + ".mp4";
  }
  void note_rows(const Episode& episode, SamplePlace& place) const {
    place.file = folder_.corpus_path(rows_path(episode));
    place.details["first_row"] = 0;
  }
  void note_video(const Episode& episode, const std::string& feature, SamplePlace& place) const {
    place.details["videos"][feature] = {{"file", folder_.corpus_path(video_path(episode, feature))},
                                        {"first_frame", 0},
                                        {"frames", clip_of(episode, feature).packets.frames}};
  }
  void write_rows(const Episode& episode, const std::vector<Column>& columns);

  AtomicFile episodes_file_;
  AtomicFile stats_file_;
};

void V21Writer::write_rows(const Episode& episode, const std::vector<Column>& columns) {
  AtomicPath target(folder_.file(rows_path(episode)));
  table::ParquetWriter::Options options;
  options.key_values = {{"huggingface", layout_.huggingface()}};
  table::ParquetWriter writer(target.temp_path(), layout_.parquet_columns(), options);
  writer.append(columns, episode.rows);
  writer.end_row_group();
  writer.close();
  target.commit();
}

/// v2.1 has no quantiles in its statistics.
Json without_quantiles(const Json& stats) {
  Json plain = Json::object();
  for (const auto& [feature, figures] : stats.items())
    for (const char* name : {"min", "max", "mean", "std", "count"})
      plain[feature][name] = figures.at(name);
  return plain;
}

void V21Writer::write_episode(const Episode& episode, const std::vector<Column>& columns,
                              SamplePlace& place) {
  write_rows(episode, columns);
  note_rows(episode, place);
  for (const FeatureSpec& spec : layout_.videos()) {
    write_clip(folder_.file(video_path(episode, spec.name)), clip_of(episode, spec.name).packets,
               fps_);
    note_video(episode, spec.name, place);
  }
}

void V21Writer::carry_episode(const Episode& episode, const std::vector<Column>& columns,
                              const EarlierPlace& before, bool stays, SamplePlace& place) {
  if (stays)
    folder_.carry(safe_join(before.root, before.place.file), rows_path(episode));
  else
    write_rows(episode, columns);
  note_rows(episode, place);
  for (const FeatureSpec& spec : layout_.videos()) {
    const Json& at = before.place.details.at("videos").at(spec.name);
    folder_.carry(safe_join(before.root, at.at("file").get<std::string>()),
                  video_path(episode, spec.name));
    note_video(episode, spec.name, place);
  }
}

void V21Writer::note_episode(const Episode& episode, const SamplePlace& place, Json figures) {
  Json row = {{"episode_index", episode.index},
              {"tasks", Json::array({episode.segment.task})},
              {"length", episode.rows}};
  row.update(origin_of(episode));
  row.update(LabelLog::values(episode));
  row.update(NativeTables::row(place.details.value("native", Json::object())));
  episodes_file_.write(json_line(row));
  stats_file_.write(
      json_line({{"episode_index", episode.index}, {"stats", without_quantiles(figures)}}));
}

/// GR00T cuts every list of a feature's figures to a part's range, so "count", which has one
/// element, must not be there, and pictures have no place.
Json groot_stats(const Json& total) {
  Json plain = Json::object();
  for (const auto& [feature, figures] : total.items()) {
    if (figures.at("mean").at(0).is_array()) continue;
    for (const char* name : {"mean", "std", "min", "max", "q01", "q99"})
      plain[feature][name] = figures.at(name);
  }
  return plain;
}

void V21Writer::finish(const Json& total_stats) {
  std::string lines;
  for (std::size_t i = 0; i < tasks_.texts().size(); ++i)
    lines += json_line({{"task_index", i}, {"task", tasks_.texts()[i]}});
  write_file_atomic(folder_.file("meta/tasks.jsonl"), lines);
  episodes_file_.commit();
  stats_file_.commit();
  if (settings_.gr00t)
    write_file_atomic(folder_.file("meta/stats.json"), dump_json(groot_stats(total_stats)));
}

void V21Writer::complete_info(Json& info) const {
  info["codebase_version"] = "v2.1";
  info["total_videos"] = episodes_ * layout_.videos().size();
  info["total_chunks"] = chunk_of(episodes_ - 1) + 1;
  info["data_path"] = "data/chunk-{episode_chunk:03d}/episode_{episode_index:06d}.parquet";
  if (!layout_.videos().empty())
    info["video_path"] =
        "videos/chunk-{episode_chunk:03d}/{video_key}/episode_{episode_index:06d}.mp4";
}

std::unique_ptr<CorpusWriter> make(WriterContext context) {
  return std::make_unique<V21Writer>(std::move(context));
}
void check(const CorpusSchema& schema, const OptionValues& options) {
  check_plan(schema, options, false);
}
int recognise(const fs::path& folder) { return recognise_version(folder, 2); }

}  // namespace
}  // namespace lerobot

const WriterRow& lerobot_v21_writer() {
  static const WriterRow row{
      .name = "lerobot_v21",
      .summary = "LeRobotDataset v2.1 (GR00T with gr00t: true): a Parquet and MP4 file an episode",
      .options = lerobot::option_specs(false),
      .wants_clips = true,
      .wants_stills = false,
      .make = lerobot::make,
      .check = lerobot::check,
      .recognise = lerobot::recognise,
      .verify = lerobot::verify_data_set};
  return row;
}

}  // namespace reelcell::writers
