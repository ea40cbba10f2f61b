// Ordered merge of streams in bounded memory.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "reelcell/base/diagnostics.hpp"
#include "reelcell/model/series.hpp"
#include "reelcell/timeline/clock_map.hpp"

namespace reelcell::timeline {

/// One sample position in the merged order. Ties: stream number, then order within the stream.
struct MergedSample {
  std::size_t stream = 0;
  SessionTime time{};
  std::uint64_t ordinal = 0;  ///< within the stream
};

/// Pull merge of N sources, each increasing in session time. Holds one pending sample a stream.
/// Throws InputError naming the stream, the time and its predecessor when a source goes back in
/// time.
class MergeQueue {
 public:
  /// `next` gives the stream's next session time or nothing at its end.
  using Source = std::function<std::optional<SessionTime>()>;
  void add(std::string name, Source next);
  bool next(MergedSample& sample);

 private:
  struct Entry;
  std::vector<std::shared_ptr<Entry>> entries_;
  bool started_ = false;
  std::vector<std::size_t> heap_;
};

/// A series cursor whose times are checked and mapped: samples that are late by up to
/// `reorder_window` of session time are sorted in, later ones are dropped and counted
/// ("time-backward"); of exact duplicates of a time the first is kept ("time-duplicate"). What is
/// dropped does not depend on the cursor's batches. Memory: a batch and the window.
class MappedSeries {
 public:
  MappedSeries(std::unique_ptr<SeriesCursor> cursor, ClockMap map, Nanos reorder_window,
               std::string where, Diagnostics& diagnostics);
  ~MappedSeries();
  MappedSeries(MappedSeries&&) noexcept;
  const std::vector<ColumnSpec>& columns() const;
  bool next(SeriesSlice& batch);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace reelcell::timeline
