// meta/objects.parquet: boxes, polygons and masks beside the rows.
#pragma once

#include <memory>

#include "layout.hpp"
#include "reelcell/model/episode.hpp"
#include "reelcell/table/parquet.hpp"

namespace reelcell::writers::lerobot {

/// One row an object: which episode, frame and camera it is in, and the object. No objects asked
/// for, no file. LeRobot's own loaders pass it over.
class ObjectTable {
 public:
  explicit ObjectTable(OutputFolder& folder) : folder_(&folder) {}
  void add(const Episode& episode);
  void close();

 private:
  OutputFolder* folder_;
  std::unique_ptr<AtomicPath> target_;
  std::unique_ptr<table::ParquetWriter> writer_;
};

}  // namespace reelcell::writers::lerobot
