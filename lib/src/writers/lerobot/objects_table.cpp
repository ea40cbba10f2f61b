#include "internal/objects_table.hpp"

namespace reelcell::writers::lerobot {
namespace {

const std::vector<table::ParquetColumn>& columns() {
  static const std::vector<table::ParquetColumn> list = {
      {"episode_index", DType::kInt64, 0},
      {"frame_index", DType::kInt64, 0},
      {"feature", DType::kString, 0},
      {"stream", DType::kString, 0},
      {"width", DType::kInt64, 0},
      {"height", DType::kInt64, 0},
      {"label", DType::kString, 0},
      {"track", DType::kString, 0},
      {"shape", DType::kString, 0},
      {"x0", DType::kFloat64, 0},
      {"y0", DType::kFloat64, 0},
      {"x1", DType::kFloat64, 0},
      {"y1", DType::kFloat64, 0},
      {"points", DType::kFloat64, 1},        // x, y, .. of all outlines
      {"outline_points", DType::kInt64, 1},  // points of each outline
      {"mask_runs", DType::kInt64, 1},       // COCO's uncompressed counts
      {"occluded", DType::kBool, 0},
      {"interpolated", DType::kBool, 0},
      {"attributes", DType::kString, 0},  // a JSON object
      {"source", DType::kString, 0},
  };
  return list;
}

std::vector<Json> row_of(const Episode& episode, const ClipObjects& clip,
                         const ClipObjects::Entry& entry) {
  const PictureObject& object = entry.object;
  Json points = Json::array(), outline_points = Json::array(), attributes = Json::object();
  for (const std::vector<double>& outline : object.outlines) {
    outline_points.push_back(outline.size() / 2);
    for (const double value : outline) points.push_back(value);
  }
  for (const auto& [name, value] : object.attributes) attributes[name] = to_json(value);
  return {episode.index,     entry.row,       clip.feature,
          clip.stream,       clip.width,      clip.height,
          object.label,      object.track,    std::string(to_string(object.shape)),
          object.box[0],     object.box[1],   object.box[2],
          object.box[3],     points,          outline_points,
          object.runs,       object.occluded, object.interpolated,
          attributes.dump(), object.source};
}

}  // namespace

void ObjectTable::add(const Episode& episode) {
  if (episode.objects.empty()) return;
  if (!writer_) {
    target_ = std::make_unique<AtomicPath>(folder_->file("meta/objects.parquet"));
    writer_ = std::make_unique<table::ParquetWriter>(target_->temp_path(), columns(),
                                                     table::ParquetWriter::Options{});
  }
  bool any = false;
  for (const ClipObjects& clip : episode.objects)
    for (const ClipObjects::Entry& entry : clip.entries) {
      writer_->append_row(row_of(episode, clip, entry));
      any = true;
    }
  if (any) writer_->end_row_group();
}

void ObjectTable::close() {
  if (!writer_) return;
  writer_->close();
  target_->commit();
  writer_.reset();
  target_.reset();
}

}  // namespace reelcell::writers::lerobot
