// LeRobotDataset v3.0: many episodes a file, tables of episodes and tasks in Parquet.
#include <array>

#include "internal/tables.hpp"
#include "internal/verify.hpp"
#include "internal/video_roll.hpp"
#include "internal/writer_base.hpp"
#include "reelcell/base/json_stream.hpp"

namespace reelcell::writers {

namespace lerobot {
namespace {

class V3Writer final : public WriterBase {
 public:
  explicit V3Writer(WriterContext context);

 protected:
  void write_episode(const Episode& episode, const std::vector<Column>& columns,
                     SamplePlace& place) override;
  void carry_episode(const Episode& episode, const std::vector<Column>& columns,
                     const EarlierPlace& before, bool stays, SamplePlace& place) override;
  void skip_past(const SamplePlace& place) override;
  void note_episode(const Episode& episode, const SamplePlace& place, Json figures) override;
  void finish(const Json& total_stats) override;
  void complete_info(Json& info) const override;

 private:
  void write_rows(const Episode& episode, const std::vector<Column>& columns, SamplePlace& place);
  void note_clip(std::size_t video, const ClipPlace& at, std::size_t frames, SamplePlace& place);
  Json video_row(const SamplePlace& place) const;
  std::vector<table::ParquetColumn> episode_columns(const Json& total_stats) const;
  void write_episodes(const Json& total_stats);

  RollingTable data_;
  std::string carried_;  ///< the data file before that rows were last taken with
  std::vector<std::unique_ptr<VideoRoll>> videos_;  ///< as layout_.videos()
  JsonSpool rows_;                                  ///< until their columns are known
};

V3Writer::V3Writer(WriterContext context)
    : WriterBase(std::move(context), true),
      data_("data", layout_.parquet_columns(), {{"huggingface", layout_.huggingface()}},
            settings_.data_bytes(), settings_.chunks_size, folder_) {
  for (const FeatureSpec& spec : layout_.videos())
    videos_.push_back(std::make_unique<VideoRoll>(spec.name, fps_, settings_, folder_));
}

void V3Writer::write_rows(const Episode& episode, const std::vector<Column>& columns,
                          SamplePlace& place) {
  data_.append(columns, episode.rows);
  place.file = folder_.corpus_path(data_.path());
  place.details["first_row"] = data_.rows_in_file() - episode.rows;
}

void V3Writer::note_clip(std::size_t video, const ClipPlace& at, std::size_t frames,
                         SamplePlace& place) {
  place.details["videos"][layout_.videos()[video].name] = {
      {"file", folder_.corpus_path(at.path)}, {"first_frame", at.first_frame}, {"frames", frames}};
}

void V3Writer::write_episode(const Episode& episode, const std::vector<Column>& columns,
                             SamplePlace& place) {
  write_rows(episode, columns, place);
  for (std::size_t i = 0; i < videos_.size(); ++i) {
    const ClipPackets& packets = clip_of(episode, layout_.videos()[i].name).packets;
    note_clip(i, videos_[i]->append(packets), packets.frames, place);
  }
}

void V3Writer::carry_episode(const Episode& episode, const std::vector<Column>& columns,
                             const EarlierPlace& before, bool stays, SamplePlace& place) {
  if (stays) {
    if (carried_ != before.place.file) data_.carry(safe_join(before.root, before.place.file));
    carried_ = before.place.file;
    place.file = folder_.corpus_path(data_.path());
    place.details["first_row"] = before.place.details.at("first_row");
  } else {
    write_rows(episode, columns, place);
  }
  for (std::size_t i = 0; i < videos_.size(); ++i) {
    const std::string& name = layout_.videos()[i].name;
    const Json& at = before.place.details.at("videos").at(name);
    const auto file = at.at("file").get<std::string>();
    const ClipPackets& packets = clip_of(episode, name).packets;
    note_clip(
        i,
        videos_[i]->carry(packets, safe_join(before.root, file),
                          at.at("first_frame").get<std::int64_t>(), before.whole->contains(file)),
        packets.frames, place);
  }
}

void V3Writer::skip_past(const SamplePlace& place) {
  data_.skip_past(ChunkFile::of_path(place.file));
  for (std::size_t i = 0; i < videos_.size(); ++i) {
    const Json& at = place.details.at("videos").at(layout_.videos()[i].name);
    videos_[i]->skip_past(ChunkFile::of_path(at.at("file").get<std::string>()));
  }
}

Json V3Writer::video_row(const SamplePlace& place) const {
  Json row = Json::object();
  for (const FeatureSpec& spec : layout_.videos()) {
    const Json& at = place.details.at("videos").at(spec.name);
    const ChunkFile file = ChunkFile::of_path(at.at("file").get<std::string>());
    const auto first = at.at("first_frame").get<std::int64_t>();
    const std::int64_t end = first + at.at("frames").get<std::int64_t>();
    const std::string prefix = "videos/" + spec.name + "/";
    row[prefix + "chunk_index"] = file.chunk;
    row[prefix + "file_index"] = file.file;
    // From whole frame numbers: summed durations drift by more than the reader's tolerance.
    row[prefix + "from_timestamp"] = static_cast<double>(first) / static_cast<double>(fps_);
    row[prefix + "to_timestamp"] = static_cast<double>(end) / static_cast<double>(fps_);
  }
  return row;
}

void V3Writer::note_episode(const Episode& episode, const SamplePlace& place, Json figures) {
  const ChunkFile at = ChunkFile::of_path(place.file);
  const std::int64_t rows = static_cast<std::int64_t>(episode.rows);
  Json row = {{"episode_index", episode.index},
              {"tasks", Json::array({episode.segment.task})},
              {"length", rows},
              {"data/chunk_index", at.chunk},
              {"data/file_index", at.file},
              {"dataset_from_index", frames_},
              {"dataset_to_index", frames_ + rows}};
  row.update(video_row(place));
  row.update(origin_of(episode));
  row.update(LabelLog::values(episode));
  row.update(NativeTables::row(place.details.value("native", Json::object())));
  row["stats"] = std::move(figures);
  rows_.add(row);
}

constexpr std::array<std::string_view, 10> kStatNames{"min", "max", "mean", "std", "count",
                                                      "q01", "q10", "q50",  "q90", "q99"};

/// Columns of one feature's figures: "stats/action/min", ..
void add_stats_columns(const std::string& feature, const Json& figures,
                       std::vector<table::ParquetColumn>& columns) {
  const bool picture = figures.at("mean").at(0).is_array();
  const bool integer = figures.at("min").at(0).is_number_integer();
  for (const std::string_view stat : kStatNames) {
    const bool whole = stat == "count" || (integer && (stat == "min" || stat == "max"));
    columns.push_back({"stats/" + feature + "/" + std::string(stat),
                       whole ? DType::kInt64 : DType::kFloat64,
                       picture && stat != "count" ? 3 : 1});
  }
}

std::vector<table::ParquetColumn> V3Writer::episode_columns(const Json& total_stats) const {
  std::vector<table::ParquetColumn> columns{{"episode_index", DType::kInt64, 0},
                                            {"tasks", DType::kString, 1}};
  for (const char* name :
       {"length", "data/chunk_index", "data/file_index", "dataset_from_index", "dataset_to_index"})
    columns.push_back({name, DType::kInt64, 0});
  for (const FeatureSpec& spec : layout_.videos()) {
    const std::string prefix = "videos/" + spec.name + "/";
    columns.push_back({prefix + "chunk_index", DType::kInt64, 0});
    columns.push_back({prefix + "file_index", DType::kInt64, 0});
    columns.push_back({prefix + "from_timestamp", DType::kFloat64, 0});
    columns.push_back({prefix + "to_timestamp", DType::kFloat64, 0});
  }
  for (const auto& part : {origin_columns(), labels_.columns(), native_.columns()})
    columns.insert(columns.end(), part.begin(), part.end());
  for (const auto& [feature, figures] : total_stats.items())
    add_stats_columns(feature, figures, columns);
  columns.push_back({"meta/episodes/chunk_index", DType::kInt64, 0});
  columns.push_back({"meta/episodes/file_index", DType::kInt64, 0});
  return columns;
}

/// A row's value of a column; null where the episode has none.
Json value_of(const Json& row, const table::ParquetColumn& column) {
  if (!column.name.starts_with("stats/")) return row.value(column.name, Json(nullptr));
  const std::size_t last = column.name.rfind('/');
  const Json& stats = row.at("stats");
  const auto feature = stats.find(column.name.substr(6, last - 6));
  return feature == stats.end() ? Json(nullptr)
                                : feature->value(column.name.substr(last + 1), Json(nullptr));
}

/// A row of figures has about a hundred columns: so many rows are some megabytes.
constexpr std::uint64_t kEpisodesAGroup = 1000;

void V3Writer::write_episodes(const Json& total_stats) {
  const std::vector<table::ParquetColumn> columns = episode_columns(total_stats);
  RollingTable table("meta/episodes", columns, {}, settings_.data_bytes(), settings_.chunks_size,
                     folder_);
  rows_.for_each([&](Json&& row, std::uint64_t bytes) {
    const ChunkFile at = table.begin_row(bytes);
    std::vector<Json> values;
    values.reserve(columns.size());
    for (const table::ParquetColumn& column : columns)
      values.push_back(as_column(value_of(row, column), column));
    values[columns.size() - 2] = at.chunk;
    values[columns.size() - 1] = at.file;
    table.append_row(values);
    if (table.rows_in_file() % kEpisodesAGroup == 0) table.end_row_group();
  });
  table.close();
}

void V3Writer::finish(const Json& total_stats) {
  data_.close();
  for (const auto& video : videos_) video->close();
  write_episodes(total_stats);
  write_tasks_parquet(folder_.file("meta/tasks.parquet"), tasks_.texts());
  write_file_atomic(folder_.file("meta/stats.json"), dump_json(total_stats));
}

void V3Writer::complete_info(Json& info) const {
  info["codebase_version"] = "v3.0";
  info["data_files_size_in_mb"] = settings_.data_mib;
  info["video_files_size_in_mb"] = settings_.video_mib;
  info["data_path"] = "data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet";
  if (!videos_.empty())
    info["video_path"] = "videos/{video_key}/chunk-{chunk_index:03d}/file-{file_index:03d}.mp4";
}

std::unique_ptr<CorpusWriter> make(WriterContext context) {
  return std::make_unique<V3Writer>(std::move(context));
}
void check(const CorpusSchema& schema, const OptionValues& options) {
  check_plan(schema, options, true);
}
int recognise(const fs::path& folder) { return recognise_version(folder, 3); }

}  // namespace
}  // namespace lerobot

const WriterRow& lerobot_v3_writer() {
  static const WriterRow row{.name = "lerobot_v3",
                             .summary = "LeRobotDataset v3.0: many episodes a Parquet and MP4 file",
                             .options = lerobot::option_specs(true),
                             .wants_clips = true,
                             .wants_stills = false,
                             .make = lerobot::make,
                             .check = lerobot::check,
                             .recognise = lerobot::recognise,
                             .verify = lerobot::verify_data_set};
  return row;
}

}  // namespace reelcell::writers
