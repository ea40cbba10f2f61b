#include "internal/pictures.hpp"

#include <algorithm>
#include <cmath>
#include <mutex>

#include "reelcell/base/error.hpp"
#include "reelcell/media/depth.hpp"
#include "reelcell/media/video_file.hpp"
#include "reelcell/table/parquet_bytes.hpp"

namespace reelcell::readers::lerobot {

namespace {
constexpr const char* kField = "bytes";
using Picture = std::shared_ptr<const Bytes>;

/// "" for what is neither.
std::string codec_of(const Picture& picture) {
  const auto starts = [&](std::initializer_list<int> magic) {
    return picture && picture->size() >= magic.size() &&
           std::equal(magic.begin(), magic.end(), picture->begin());
  };
  if (starts({0x89, 'P', 'N', 'G'})) return "png";
  return starts({0xFF, 0xD8, 0xFF}) ? "mjpeg" : "";
}

/// Are the pictures of one size and depth? Beside each other in a clip one would be scaled.
bool same_shape(const VideoFormat& format, ByteView picture) {
  const auto shape = media::stated_shape(picture);
  return shape && static_cast<std::int64_t>(shape->width) == format.width &&
         static_cast<std::int64_t>(shape->height) == format.height &&
         (shape->bits > 8) == (format.bit_depth > 8);
}

/// Rows are mostly asked for in order: the batch at hand and those after it are kept open.
class Rows {
 public:
  Rows(FramesPlan plan, std::string feature)
      : plan_(std::move(plan)), feature_(std::move(feature)) {}
  Picture at(std::uint64_t row) {
    const std::lock_guard lock(mutex_);
    if (!reader_ || row < first_ || row > first_ + batch_.size()) {
      reader_ = std::make_unique<table::ParquetBytes>(plan_.path, feature_, kField,
                                                      plan_.first_row + row, plan_.rows - row);
      batch_.clear();
      first_ = row;
    }
    while (row >= first_ + batch_.size()) {
      first_ += batch_.size();
      if (!reader_->next(batch_)) {
        reader_.reset();
        return nullptr;
      }
    }
    return batch_[row - first_];
  }

 private:
  FramesPlan plan_;
  std::string feature_;
  std::mutex mutex_;
  std::unique_ptr<table::ParquetBytes> reader_;
  std::vector<Picture> batch_;
  std::uint64_t first_ = 0;  ///< row of the batch's first
};

/// The time of each row of the episode, by its number.
std::vector<StreamTime> row_times(const FramesPlan& plan) {
  std::vector<std::string> names;
  if (plan.timestamp) names.emplace_back("timestamp");
  if (plan.frame_index) names.emplace_back("frame_index");
  std::vector<StreamTime> times;
  if (names.empty()) {
    for (std::uint64_t row = 0; row < plan.rows; ++row)
      times.push_back(row_time(plan, std::nan(""), static_cast<std::int64_t>(row)));
    return times;
  }
  table::ParquetReader reader(plan.path, names, plan.first_row, plan.rows);
  std::vector<Column> columns;
  for (std::size_t rows = 0; reader.next(columns, rows);)
    for (std::size_t row = 0; row < rows; ++row) {
      const double timestamp = plan.timestamp ? columns.front().number(row) : std::nan("");
      const auto frame = plan.frame_index ? std::llround(columns.back().number(row))
                                          : static_cast<std::int64_t>(times.size());
      times.push_back(row_time(plan, timestamp, frame));
    }
  return times;
}
}  // namespace

bool has_pictures(const FramesPlan& plan, const std::string& feature) {
  const table::ParquetInfo info = table::parquet_info(plan.path);
  return std::any_of(info.columns.begin(), info.columns.end(),
                     [&](const auto& column) { return column.name == feature + "." + kField; });
}

VideoFormat picture_format(const FramesPlan& plan, const std::string& feature) {
  table::ParquetBytes reader(plan.path, feature, kField, plan.first_row, plan.rows);
  std::vector<Picture> batch;
  while (reader.next(batch))
    for (const Picture& picture : batch)
      if (const std::string codec = codec_of(picture); !codec.empty())
        return media::format_from_packet(codec, *picture);
  throw InputError(plan.where, "'" + feature + "' holds no PNG or JPEG picture");
}

std::shared_ptr<VideoSource> open_pictures(const FramesPlan& plan, const std::string& feature,
                                           Diagnostics& diagnostics) {
  media::PacketList list;
  list.description = plan.where + ": " + feature;
  list.format = picture_format(plan, feature);
  list.table.times_from_container = false;
  const std::vector<StreamTime> times = row_times(plan);
  std::vector<std::uint64_t> row_of;  // packet -> row
  table::ParquetBytes reader(plan.path, feature, kField, plan.first_row, plan.rows);
  std::vector<Picture> batch;
  std::uint64_t row = 0;
  while (reader.next(batch))
    for (const Picture& picture : batch) {
      const std::uint64_t here = row++;
      if (here >= times.size()) break;
      const bool later = list.table.frames.empty() || times[here] > list.table.frames.back().time;
      const bool same_kind = codec_of(picture) == list.format.codec;
      if (!later || !same_kind || !same_shape(list.format, *picture)) {
        diagnostics.loss("lerobot-picture", list.description,
                         !later ? "rows that are not later than the one before them are left out"
                         : !same_kind
                             ? "rows hold no picture of the first one's kind; they are left out"
                             : "rows hold a picture of another size or bit depth than the first "
                               "one; they are left out",
                         1, ns_of(times[here]));
        continue;
      }
      FrameRecord frame;
      frame.time = times[here];
      frame.pts = ns_of(times[here]);
      frame.packet = static_cast<std::uint32_t>(row_of.size());
      frame.bytes = static_cast<std::uint32_t>(std::min<std::size_t>(picture->size(), UINT32_MAX));
      frame.key = frame.entry = true;
      list.table.frames.push_back(frame);
      row_of.push_back(here);
    }
  list.table.packets = static_cast<std::uint32_t>(row_of.size());
  const auto rows = std::make_shared<Rows>(plan, feature);
  list.load = [rows, row_of = std::move(row_of)](std::uint32_t packet) {
    return rows->at(row_of.at(packet));
  };
  return media::make_packet_source(std::move(list));
}

}  // namespace reelcell::readers::lerobot
