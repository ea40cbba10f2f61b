// Cursors that tell a session what was lost.
#pragma once

#include <memory>
#include <vector>

#include "reelcell/base/diagnostics.hpp"
#include "reelcell/model/recording.hpp"

namespace reelcell::pipeline {

/// A cursor with its own counts, merged when it is closed: reading a stream twice does not double
/// its losses.
template <class Cursor>
class CountedCursor : public Cursor {
 public:
  template <class Open>
  CountedCursor(Diagnostics& total, Open open) : total_(&total), inner_(open(own_)) {}
  ~CountedCursor() override {
    inner_.reset();
    total_->merge_max(own_);
  }
  CountedCursor(const CountedCursor&) = delete;
  CountedCursor& operator=(const CountedCursor&) = delete;

 protected:
  /// While the cursor is open too: what was lost so far is known when a result is stored.
  void share() {
    if (!own_.empty()) total_->merge_max(own_);
  }
  Diagnostics own_;
  Diagnostics* total_;
  std::unique_ptr<Cursor> inner_;
};
class CountedSeries : public CountedCursor<SeriesCursor> {
 public:
  using CountedCursor::CountedCursor;
  const std::vector<ColumnSpec>& columns() const override { return inner_->columns(); }
  bool next(SeriesBatch& batch) override {
    const bool more = inner_->next(batch);
    share();
    return more;
  }
};
class CountedEvents : public CountedCursor<EventCursor> {
 public:
  using CountedCursor::CountedCursor;
  bool next(StreamEvent& event) override {
    const bool more = inner_->next(event);
    share();
    return more;
  }
};

}  // namespace reelcell::pipeline
