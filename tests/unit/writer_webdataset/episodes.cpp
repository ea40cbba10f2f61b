#include "episodes.hpp"

#include "reelcell/media/clip.hpp"
#include "reelcell/media/picture.hpp"
#include "reelcell/writers/registry.hpp"

namespace reelcell::writers {
const WriterRow& webdataset_writer();
}

namespace reelcell::test {
namespace {

media::Picture gradient(int width, int height, std::size_t step) {
  media::Picture picture{media::PixelFormat::kRgb24, width, height, {}};
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      for (int c = 0; c < 3; ++c)
        picture.data.push_back(
            static_cast<std::uint8_t>(x * 2 + y * (c + 1) + static_cast<int>(step) * 8));
  return picture;
}

EpisodeClip make_clip(std::size_t rows) {
  media::PictureEncoder encoder(64, 48, {30, 1}, {});
  for (std::size_t i = 0; i < rows; ++i) encoder.add(gradient(64, 48, i));
  EpisodeClip clip;
  clip.feature = "observation.images.front";
  clip.stream = "front";
  clip.packets = encoder.finish();
  return clip;
}

FeatureSpec feature(std::string name, DType type, std::vector<std::int64_t> shape) {
  FeatureSpec spec;
  spec.name = std::move(name);
  spec.dtype = type;
  spec.shape = std::move(shape);
  return spec;
}

Column column(std::string name, DType type, std::size_t width, ColumnData data) {
  ColumnSpec spec;
  spec.name = std::move(name);
  spec.dtype = type;
  spec.width = width;
  return {spec, std::move(data)};
}

}  // namespace

CorpusSchema small_schema() {
  CorpusSchema schema;
  schema.name = "small";
  schema.features = {feature("observation.state", DType::kFloat32, {3}),
                     feature("action", DType::kInt16, {1}),
                     feature("observation.mode", DType::kString, {1}),
                     feature("observation.images.front", DType::kUInt8, {48, 64, 3})};
  schema.features.back().is_video = true;
  schema.time_streams = {"joints"};
  return schema;
}

Episode small_episode(std::uint64_t index, std::size_t rows, const std::string& split) {
  Episode episode;
  episode.index = index;
  episode.key = "seat-0001_visit-" + std::to_string(index);
  episode.session_id = "seat-0001";
  episode.session_attributes = {{"cell", std::string("A3")}};
  episode.segment.kind = "visit";
  episode.segment.name = "visit-" + std::to_string(index);
  episode.segment.task = "Inspect point P" + std::to_string(index);
  episode.segment.labels = {{"verdict", std::string("NG"), 0.9, "event.result", {"v@1s"}, ""}};
  episode.split = split;
  episode.rows = rows;
  std::vector<double> state;
  std::vector<std::int64_t> action;
  std::vector<std::string> mode;
  RowTimes times{"joints", {}, {}, {}};
  NativeSeries native{"force", {}, {}, {}};
  std::vector<double> force;
  for (std::size_t i = 0; i < rows; ++i) {
    const auto at = static_cast<std::int64_t>(i) * 33'333'333 + 1'000'000'000;
    episode.time.push_back(session_time(at));
    for (int k = 0; k < 3; ++k) state.push_back(static_cast<double>(i) + 0.25 * k);
    action.push_back(-static_cast<std::int64_t>(i));
    mode.push_back(i % 2 ? "auto" : "m\xC3\xA4nuell");
    times.source.push_back(session_time(at + 7));
    times.skew_ns.push_back(7);
    times.flag.push_back(JoinFlag::kInterpolated);
    native.begin.push_back(static_cast<std::uint32_t>(2 * i));
    native.end.push_back(static_cast<std::uint32_t>(2 * i + 2));
    for (int k = 0; k < 2; ++k) {
      native.samples.times.push_back(session_time(at + k * 10'000'000));
      force.push_back(static_cast<double>(i) * 10 + k);
    }
  }
  native.samples.columns = {column("fz", DType::kFloat64, 1, force)};
  episode.columns = {column("observation.state", DType::kFloat32, 3, state),
                     column("action", DType::kInt16, 1, action),
                     column("observation.mode", DType::kString, 1, mode)};
  episode.row_times = {times};
  episode.native = {native};
  episode.clips = {make_clip(rows)};
  episode.stills = {{"observation.images.front", "Evidence", episode.time[0], 0, "png",
                     media::encode_png(gradient(16, 12, 0))}};
  SourceLineage source;
  source.stream = "front";
  source.path = "front.mp4";
  source.xxh3_128 = "00";
  episode.lineage = {source};
  return episode;
}

WriterContext small_context(const fs::path& root, Json options) {
  WriterContext context;
  context.root = root;
  context.folder = "wds";
  context.schema = small_schema();
  context.options =
      OptionValues::parse(options, writers::webdataset_writer().options, "recipe: /outputs/0");
  return context;
}

WriterReport write_corpus(const fs::path& root, const std::vector<Episode>& episodes,
                          Json options) {
  const auto writer = writers::webdataset_writer().make(small_context(root, std::move(options)));
  for (const Episode& episode : episodes) writer->add(episode);
  return writer->close();
}

}  // namespace reelcell::test
