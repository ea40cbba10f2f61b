// The parts of verification, in the order in which verify.cpp runs them.
#pragma once

#include <string>
#include <vector>

#include "data_set.hpp"
#include "pictures.hpp"
#include "reelcell/model/finding.hpp"
#include "rows.hpp"

namespace reelcell::writers::lerobot {

/// Finds data files elsewhere when a template leads nowhere; reports what is missing or too many.
void check_data_files(DataSet& set, Grouped& found);
/// Totals, ranges, splits and tasks against the rows.
void check_totals(const DataSet& set, const RowsResult& rows, Grouped& found);
/// Splits as ranges of so many episodes.
void check_splits(const DataSet& set, std::int64_t episodes, Grouped& found);
/// Features that GR00T's meta/modality.json, when it can be read, names as annotations.
void load_annotations(DataSet& set);
/// GR00T's meta/modality.json, when there is one.
void check_modality(const DataSet& set, Grouped& found);
/// Boxes, polygons and masks in meta/objects.parquet, when there is one; returns how many.
std::uint64_t check_objects(const DataSet& set, const RowsResult& rows, Grouped& found);
struct VideoResult {
  std::uint64_t files = 0, frames = 0, lookups = 0, decoded = 0;
  std::uint64_t pictures = 0;             ///< frames looked at for the statistics
  PictureTruths truths;                   ///< with `deep` only
  std::vector<std::string> index_behind;  ///< files without faststart
};
/// Needs the videos' truths for statistics of pictures; without them only what cannot be is found.
void check_stats(const DataSet& set, const RowsResult& rows, const PictureTruths& truths,
                 Grouped& found);
/// Pictures that lie in the rows: all are looked at, and of large sets every so-manieth decoded;
/// returns how many there are. Their truths join those of the videos.
std::uint64_t check_pictures(const DataSet& set, const RowsResult& rows,
                             const VerifyOptions& options, PictureTruths& truths, Grouped& found);
VideoResult check_videos(DataSet& set, const RowsResult& rows, const VerifyOptions& options,
                         Grouped& found);

}  // namespace reelcell::writers::lerobot
