// Episodes built by hand, with pictures that carry their own number, for the tests of the LeRobot
// writers.
#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "reelcell/media/clip.hpp"
#include "reelcell/model/corpus.hpp"
#include "reelcell/stats/stats.hpp"

namespace reelcell::test {

inline constexpr int kMadeWidth = 64, kMadeHeight = 48;
inline constexpr const char* kFront = "observation.images.front";

/// 8 bars, white for 1, the lowest bit first.
inline media::Picture numbered_picture(int number, int width = kMadeWidth,
                                       int height = kMadeHeight) {
  media::Picture picture;
  picture.width = width;
  picture.height = height;
  picture.data.resize(static_cast<std::size_t>(width * height * 3));
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      for (int c = 0; c < 3; ++c)
        picture.data[static_cast<std::size_t>((y * width + x) * 3 + c)] =
            (number >> (x / (width / 8))) & 1 ? 235 : 16;
  return picture;
}

inline ClipPackets numbered_clip(int first_number, int frames, int fps,
                                 const media::EncodeOptions& options = {},
                                 stats::ChannelAccumulator* pixels = nullptr) {
  media::PictureEncoder encoder(kMadeWidth, kMadeHeight, Rational{fps, 1}, options);
  for (int i = 0; i < frames; ++i) {
    const media::Picture picture = numbered_picture((first_number + i) % 256);
    if (pixels) pixels->add_rgb(picture.data);
    encoder.add(picture);
  }
  if (pixels) pixels->add_frames(static_cast<std::uint64_t>(frames));
  return encoder.finish();
}

inline FeatureSpec vector_feature(const std::string& name, std::int64_t width,
                                  DType dtype = DType::kFloat32) {
  FeatureSpec spec;
  spec.name = name;
  spec.dtype = dtype;
  spec.shape = {width};
  return spec;
}

inline FeatureSpec camera_feature(const std::string& name) {
  FeatureSpec spec;
  spec.name = name;
  spec.is_video = true;
  spec.shape = {kMadeHeight, kMadeWidth, 3};
  spec.names = {"height", "width", "channels"};
  spec.modality = "video";
  return spec;
}

inline CorpusSchema made_schema(int fps = 30) {
  CorpusSchema schema;
  schema.name = "made";
  schema.rate = {fps, 1};
  schema.robot_type = "test_arm";
  FeatureSpec state = vector_feature("observation.state", 3);
  state.names = {"j0", "j1", "gripper"};
  state.unit = "rad";
  state.modality = "state";
  state.parts = {{"joints.q", 2}, {"gripper.width", 1}};
  FeatureSpec action = vector_feature("action", 2);
  action.modality = "action";
  schema.features = {state, action, vector_feature("step", 1, DType::kInt64),
                     vector_feature("ready", 1, DType::kBool), camera_feature(kFront)};
  schema.label_names = {"quality", "score"};
  schema.time_streams = {"front", "/joints"};
  return schema;
}

inline Column made_column(const FeatureSpec& spec, ColumnData data) {
  Column column;
  column.spec.name = spec.name;
  column.spec.dtype = spec.dtype;
  column.spec.width = static_cast<std::size_t>(spec.shape[0]);
  column.data = std::move(data);
  return column;
}

inline NativeSeries made_native(std::size_t rows) {
  NativeSeries native;
  native.stream = "/joints";
  Column column;
  column.spec = {"q", DType::kFloat64, 2};
  std::vector<double> values;
  for (std::size_t i = 0; i < rows * 4; ++i) {
    native.samples.times.push_back(session_time(static_cast<std::int64_t>(i) * 2'000'000));
    values.push_back(0.001 * static_cast<double>(i));
    values.push_back(-0.002 * static_cast<double>(i));
  }
  column.data = std::move(values);
  native.samples.columns.push_back(std::move(column));
  for (std::size_t row = 0; row < rows; ++row) {
    native.begin.push_back(static_cast<std::uint32_t>(row * 4));
    native.end.push_back(
        static_cast<std::uint32_t>(row * 4 + 3));  // the fourth sample belongs to no row
  }
  return native;
}

/// Values that catch careless sums: a large mean with a small spread, and thirds that float32 must
/// round.
inline void fill_columns(const CorpusSchema& schema, Episode& episode) {
  const std::size_t n = episode.rows;
  std::vector<double> state, action;
  std::vector<std::int64_t> step(n), ready(n);
  for (std::size_t i = 0; i < n; ++i) {
    const double t = static_cast<double>(i + 7 * episode.index);
    state.insert(state.end(), {std::sin(t / 9), 100000 + t / 64, t / 3});
    action.insert(action.end(), {std::cos(t / 5), 0.25});
    step[i] = static_cast<std::int64_t>(i / 10);
    ready[i] = i % 3 == 0 ? 1 : 0;
  }
  episode.columns.push_back(made_column(schema.features[0], state));
  episode.columns.push_back(made_column(schema.features[1], action));
  episode.columns.push_back(made_column(schema.features[2], step));
  episode.columns.push_back(made_column(schema.features[3], ready));
}

/// Frames of episode k show the numbers 40 k, 40 k + 1, ..
inline Episode made_episode(const CorpusSchema& schema, std::uint64_t index, std::size_t rows,
                            const std::string& task, const std::string& split = "train",
                            const media::EncodeOptions& encode = {}) {
  Episode episode;
  episode.index = index;
  episode.key = "made-" + std::to_string(index);
  episode.session_id = "made";
  episode.split = split;
  episode.rows = rows;
  const std::int64_t start = static_cast<std::int64_t>(index) * 10'000'000'000;
  for (std::size_t i = 0; i < rows; ++i)
    episode.time.push_back(
        session_time(start + tick_time(static_cast<std::int64_t>(i), schema.rate).count()));
  episode.segment.range = {episode.time.front(), episode.time.back()};
  episode.segment.kind = "window";
  episode.segment.name = "window-" + std::to_string(index);
  episode.segment.task = task;
  fill_columns(schema, episode);
  RowTimes times{"front", {}, {}, {}};
  for (std::size_t i = 0; i < rows; ++i) {
    times.skew_ns.push_back(static_cast<std::int64_t>(i) * 1000 - 5000);
    times.source.push_back(episode.time[i] + Nanos(times.skew_ns.back()));
    times.flag.push_back(i == 0 ? JoinFlag::kExact : JoinFlag::kNearest);
  }
  episode.row_times.push_back(std::move(times));
  episode.native.push_back(made_native(rows));
  stats::ChannelAccumulator pixels;
  EpisodeClip clip;
  clip.feature = kFront;
  clip.stream = "front";
  clip.packets = numbered_clip(static_cast<int>(40 * index), static_cast<int>(rows),
                               static_cast<int>(schema.rate.num), encode, &pixels);
  episode.clips.push_back(std::move(clip));
  episode.video_stats[kFront] = pixels.to_json();
  return episode;
}

inline Label made_label(const std::string& name, Value value, double confidence = 1.0) {
  Label label;
  label.name = name;
  label.value = std::move(value);
  label.confidence = confidence;
  label.rule = "last(verdicts.result)";
  label.inputs = {"verdicts.result@1.5s"};
  return label;
}

/// The numbers that lerobot_reader.py should see, for episodes of these lengths.
inline Json made_numbers(const std::vector<std::size_t>& rows) {
  Json numbers = Json::object();
  for (std::size_t episode = 0; episode < rows.size(); ++episode) {
    Json list = Json::array();
    for (std::size_t i = 0; i < rows[episode]; ++i) list.push_back((40 * episode + i) % 256);
    numbers[kFront][std::to_string(episode)] = list;
  }
  return numbers;
}

inline WriterContext made_context(const fs::path& root, const CorpusSchema& schema,
                                  const WriterRow& row, Json options = Json::object(),
                                  Diagnostics* diagnostics = nullptr) {
  WriterContext context;
  context.root = root;
  context.folder = "lerobot";
  context.schema = schema;
  context.options = OptionValues::parse(options, row.options, "recipe.json: /outputs/0");
  context.diagnostics = diagnostics;
  return context;
}

/// Three episodes of 20, 33 and 15 rows in two splits with two tasks and labels.
inline WriterReport write_made_set(const fs::path& root, const WriterRow& row,
                                   Json options = Json::object(),
                                   Diagnostics* diagnostics = nullptr) {
  const CorpusSchema schema = made_schema();
  auto writer = row.make(made_context(root, schema, row, std::move(options), diagnostics));
  Episode first = made_episode(schema, 0, 20, "inspect seat point 1");
  first.segment.labels = {made_label("quality", std::string("OK"), 0.9),
                          made_label("score", std::int64_t{7})};
  writer->add(first);
  Episode second = made_episode(schema, 1, 33, "inspect seat point 2");
  second.segment.labels = {made_label("quality", Value{}, 0.0), made_label("score", 7.5)};
  writer->add(second);
  writer->add(made_episode(schema, 2, 15, "inspect seat point 1", "val"));
  return writer->close();
}

/// Two annotations that name tasks, and a text that is none; the vector has named stretches.
inline CorpusSchema annotated_schema() {
  CorpusSchema schema;
  schema.name = "annotated";
  schema.rate = {10, 1};
  schema.true_times = false;
  FeatureSpec state = vector_feature("observation.state", 3);
  state.modality = "state";
  state.parts = {{"frames.observation.state#left_arm", 2},
                 {"frames.observation.state#left_hand", 1}};
  schema.features = {state, vector_feature("annotation.human.validity", 1, DType::kString),
                     vector_feature("note", 1, DType::kString),
                     vector_feature("annotation.human.stage", 1, DType::kString)};
  return schema;
}

inline std::vector<Episode> annotated_episodes(const CorpusSchema& schema) {
  const std::vector<std::vector<std::string>> stages{{"reach", "reach", "grasp", "lift"},
                                                     {"place", "reach", "lift", "lift"}};
  const std::vector<std::vector<std::string>> validity{{"valid", "invalid", "invalid", "invalid"},
                                                       {"invalid", "invalid", "invalid", "valid"}};
  std::vector<Episode> episodes(2);
  for (std::size_t i = 0; i < 2; ++i) {
    Episode& episode = episodes[i];
    episode.index = i;
    episode.key = "annotated-" + std::to_string(i);
    episode.session_id = "made";
    episode.split = "train";
    episode.rows = 4;
    episode.segment.task = i == 0 ? "grasp" : "place";
    std::vector<double> state(12);
    for (std::size_t n = 0; n < state.size(); ++n) state[n] = static_cast<double>(n + i);
    episode.columns = {made_column(schema.features[0], state),
                       made_column(schema.features[1], validity[i]),
                       made_column(schema.features[2], std::vector<std::string>(4, "by hand")),
                       made_column(schema.features[3], stages[i])};
  }
  return episodes;
}

inline void write_annotated_set(const fs::path& root, const WriterRow& row,
                                Json options = Json::object()) {
  const CorpusSchema schema = annotated_schema();
  auto writer = row.make(made_context(root, schema, row, std::move(options)));
  for (const Episode& episode : annotated_episodes(schema)) writer->add(episode);
  writer->close();
}

}  // namespace reelcell::test
