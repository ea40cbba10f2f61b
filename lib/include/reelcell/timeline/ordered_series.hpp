// A series in strict time order, whatever its order in the file.
#pragma once

#include <memory>
#include <string>

#include "reelcell/base/diagnostics.hpp"
#include "reelcell/model/series.hpp"

namespace reelcell::timeline {

/// Gives the samples of a cursor in strictly increasing time. What is not given is counted as lost:
///
/// * late by more than `reorder_window` ("time-backward"); less late ones are sorted in;
/// * a jump ahead that most of the samples after it contradict ("time-outlier"): one wrong stamp
///   must not make all good ones late. A jump that lasts, as of a clock that was set, is kept; but
///   of one of more than a day, the few samples before it at the very start, or after it at the
///   very end, are what is wrong;
/// * a second sample of the same time ("time-duplicate").
///
/// None of this depends on the cursor's batches. Times are the stream's own. Memory: a batch and
/// the window.
class OrderedSeries : public SeriesCursor {
 public:
  /// Samples after a jump that are asked whether it is one.
  static constexpr std::size_t kWitnesses = 16;
  OrderedSeries(std::unique_ptr<SeriesCursor> cursor, Nanos reorder_window, std::string where,
                Diagnostics& diagnostics);
  ~OrderedSeries() override;
  OrderedSeries(OrderedSeries&&) noexcept;
  const std::vector<ColumnSpec>& columns() const override;
  bool next(SeriesBatch& batch) override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace reelcell::timeline
