// Pictures that the data files keep in their rows, looked at one by one.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "internal/checks.hpp"
#include "internal/codes.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/base/ordered_pool.hpp"
#include "reelcell/media/depth.hpp"
#include "reelcell/table/parquet.hpp"
#include "reelcell/table/parquet_bytes.hpp"

namespace reelcell::writers::lerobot {

namespace {
struct PictureResult {
  Grouped found;
  std::map<std::int64_t, PictureTruth> truths;
  std::string kind;  ///< of the first picture
  std::uint64_t pictures = 0;
};

std::string kind_of(ByteView picture) {
  if (picture.size() > 3 && picture[0] == 0xFF && picture[1] == 0xD8) return "JPEG";
  if (picture.size() > 3 && picture[0] == 0x89 && picture[1] == 'P') return "PNG";
  return "of another kind";
}

/// One feature of one file.
class PictureCheck {
 public:
  PictureCheck(const DataSet& set, const Feature& feature, const std::string& path,
               std::uint64_t every)
      : set_(set), feature_(feature), path_(path), every_(every) {}
  PictureResult run(const RowsResult& rows) {
    std::uint64_t total = 0;
    for (const EpisodeRows& episode : rows.episodes)
      if (episode.path == path_) total += episode.rows;
    try {
      table::ParquetBytes reader(set_.root / path_, feature_.name, "bytes", 0, total);
      std::vector<std::shared_ptr<const Bytes>> batch;
      std::size_t at = 0;
      const auto next = [&]() -> const std::shared_ptr<const Bytes>* {
        if (at == batch.size()) {
          at = 0;
          if (!reader.next(batch) || batch.empty()) return nullptr;
        }
        return &batch[at++];
      };
      for (const EpisodeRows& episode : rows.episodes) {
        if (episode.path != path_) continue;
        PictureTruth& truth = result_.truths[episode.episode];
        truth.frames = episode.rows;
        for (std::uint64_t row = 0; row < episode.rows; ++row) {
          const auto* picture = next();
          if (!picture) break;
          where_ = fmt::format("episode {}, frame {}", episode.episode, row);
          look_at(*picture, row, truth);
        }
      }
    } catch (const Error& error) {
      result_.found.error(code::kPictureDecode, path_, feature_.name,
                          "pictures cannot be read: " + error.message());
    }
    return std::move(result_);
  }

 private:
  void error(const char* what, const std::string& message) {
    result_.found.error(what, path_, where_, "'" + feature_.name + "' " + message);
  }
  void look_at(const std::shared_ptr<const Bytes>& picture, std::uint64_t row,
               PictureTruth& truth) {
    ++result_.pictures;
    if (!picture || picture->empty())
      return error(code::kPictureDecode,
                   "holds no picture; a path alone leads readers out of the data set");
    const std::string kind = kind_of(*picture);
    if (result_.kind.empty()) result_.kind = kind;
    if (kind != result_.kind)
      result_.found.warning(
          code::kPictureMixed, path_, where_,
          fmt::format("'{}' is {}, the first picture {}", feature_.name, kind, result_.kind));
    const auto stated = media::stated_shape(*picture);
    if (stated) check_size(stated->width, stated->height);
    if (row % every_ != 0) return;
    try {
      const media::Picture decoded = media::decode_image(*picture);
      if (!stated) check_size(decoded.width, decoded.height);
      // Deeper samples are no colours in [0, 1] to hold figures against.
      if (!stated || stated->bits <= 8) truth.add(decoded.data, every_ == 1);
    } catch (const Error& trouble) {
      error(code::kPictureDecode, "cannot be decoded: " + trouble.message());
    }
  }
  void check_size(std::int64_t width, std::int64_t height) {
    const std::vector<std::int64_t>& shape = feature_.shape;
    if (shape.size() != 3) return;
    const bool channels_first = shape[0] <= 4 && shape[2] > 4;
    const std::int64_t high = shape[channels_first ? 1 : 0], wide = shape[channels_first ? 2 : 1];
    if (width != wide || height != high)
      error(code::kPictureSize,
            fmt::format("is {}x{}, the feature's shape says {}x{}", width, height, wide, high));
  }

  const DataSet& set_;
  const Feature& feature_;
  const std::string& path_;
  std::uint64_t every_;
  std::string where_;
  PictureResult result_;
};

bool holds_bytes(const DataSet& set, const std::string& path, const Feature& feature) {
  try {
    const table::ParquetInfo info = table::parquet_info(set.root / path);
    return std::any_of(info.columns.begin(), info.columns.end(),
                       [&](const auto& column) { return column.name == feature.name + ".bytes"; });
  } catch (const Error&) {
    return false;  // told where the rows are read
  }
}
}  // namespace

std::uint64_t check_pictures(const DataSet& set, const RowsResult& rows,
                             const VerifyOptions& options, PictureTruths& truths, Grouped& found) {
  std::vector<std::pair<const Feature*, const std::string*>> work;
  for (const Feature& feature : set.features)
    if (feature.dtype == "image")
      for (const std::string& path : set.data_files)
        if (holds_bytes(set, path, feature)) work.emplace_back(&feature, &path);
  if (work.empty()) return 0;
  const auto cameras = static_cast<std::uint64_t>(
      std::count_if(set.features.begin(), set.features.end(),
                    [](const Feature& feature) { return feature.dtype == "image"; }));
  const std::uint64_t every = std::max<std::uint64_t>(1, rows.rows * cameras / kAllFrames);
  std::uint64_t pictures = 0;
  std::map<std::string, std::string> kinds;
  ordered_pool<PictureResult>(
      work.size(), options.threads,
      [&](std::size_t i) {
        return PictureCheck(set, *work[i].first, *work[i].second, every).run(rows);
      },
      [&](std::size_t i, PictureResult&& result) {
        const auto& [feature, path] = work[i];
        found.merge(result.found);
        pictures += result.pictures;
        const auto kind = kinds.try_emplace(feature->name, result.kind).first;
        if (!result.kind.empty() && !kind->second.empty() && result.kind != kind->second)
          found.warning(code::kPictureMixed, *path, feature->name,
                        "begins with pictures that are " + result.kind + ", other files with " +
                            kind->second);
        for (auto& [episode, truth] : result.truths) truths[feature->name][episode].merge(truth);
      });
  return pictures;
}

}  // namespace reelcell::writers::lerobot
