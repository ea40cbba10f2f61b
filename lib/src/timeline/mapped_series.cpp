#include <algorithm>
#include <numeric>

#include "internal/wide.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/timeline/merge.hpp"

namespace reelcell::timeline {
namespace {
/// Appends the rows of `from` at `picks` to `to`.
void append_picked(const Column& from, const std::vector<std::uint32_t>& picks, Column& to) {
  const std::size_t width = from.spec.width;
  std::visit(
      [&](auto& out) {
        const auto& in = std::get<std::decay_t<decltype(out)>>(from.data);
        out.reserve(out.size() + picks.size() * width);
        for (const std::uint32_t row : picks)
          out.insert(out.end(), in.begin() + static_cast<std::ptrdiff_t>(row * width),
                     in.begin() + static_cast<std::ptrdiff_t>((row + 1) * width));
      },
      to.data);
}

SeriesSlice empty_slice(const std::vector<ColumnSpec>& specs) {
  SeriesSlice slice;
  for (const ColumnSpec& spec : specs) slice.columns.push_back({spec, empty_data(spec.dtype)});
  return slice;
}
}  // namespace

struct MappedSeries::Impl {
  std::unique_ptr<SeriesCursor> cursor;
  ClockMap map;
  Nanos window;
  std::string where;
  Diagnostics* diagnostics;

  SeriesBatch batch;
  SeriesSlice pending;  ///< kept, in arrival order, not yet given out
  bool any = false, gave = false, finished = false;
  SessionTime newest{};  ///< latest time seen
  SessionTime last{};    ///< latest time given out

  void count_backward(StreamTime t, SessionTime mapped) const {
    diagnostics->loss(
        "time-backward", where,
        "sample at " + format_seconds(mapped.time_since_epoch()) +
            " s is earlier than one before it (" + format_seconds(newest.time_since_epoch()) +
            " s) by more than the reorder window of " + format_duration(window) +
            "; it was dropped. Set \"reorder_window_ms\" for this stream to sort within a window.",
        1, ns_of(t));
  }
  void count_duplicate(SessionTime t) const {
    diagnostics->loss("time-duplicate", where,
                      "two samples at " + format_seconds(t.time_since_epoch()) +
                          " s; the first was kept, expected one sample a time",
                      1, ns_of(map.to_stream(t)));
  }

  /// The usual case: nothing pends, no window, the batch is strictly increasing and follows what
  /// was given.
  bool try_fast(SeriesSlice& out) {
    if (window.count() > 0 || !pending.times.empty()) return false;
    std::vector<SessionTime> times(batch.size());
    bool have_before = gave;
    SessionTime before = last;
    for (std::size_t i = 0; i < times.size(); ++i) {
      times[i] = map.to_session(batch.times[i]);
      if (have_before && times[i] <= before) return false;
      before = times[i];
      have_before = true;
    }
    out.times = std::move(times);
    out.columns = std::move(batch.columns);
    any = gave = true;
    newest = last = before;
    return true;
  }

  void take_batch() {
    std::vector<std::uint32_t> kept;
    for (std::size_t i = 0; i < batch.size(); ++i) {
      const SessionTime t = map.to_session(batch.times[i]);
      if (any && t < newest && difference(ns_of(newest), ns_of(t)) > window.count()) {
        count_backward(batch.times[i], t);
        continue;
      }
      newest = any ? std::max(newest, t) : t;
      any = true;
      kept.push_back(static_cast<std::uint32_t>(i));
      pending.times.push_back(t);
    }
    for (std::size_t c = 0; c < pending.columns.size(); ++c)
      append_picked(batch.columns[c], kept, pending.columns[c]);
  }

  /// Gives what can no longer be overtaken (all of it at the end), in order, without duplicates.
  void give(SeriesSlice& out) {
    std::vector<std::uint32_t> order(pending.size());
    std::iota(order.begin(), order.end(), 0u);
    std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
      return pending.times[a] < pending.times[b];
    });
    std::vector<std::uint32_t> ready, waiting;
    for (const std::uint32_t row : order) {
      const SessionTime t = pending.times[row];
      if (!finished && difference(ns_of(newest), ns_of(t)) < window.count()) {
        waiting.push_back(row);
      } else if (gave && t == last) {
        count_duplicate(t);
      } else {
        ready.push_back(row);
        last = t;
        gave = true;
      }
    }
    // Arrival order is what a stable sort needs next time.
    std::sort(waiting.begin(), waiting.end());
    SeriesSlice rest = empty_slice(cursor->columns());
    for (const std::uint32_t row : ready) out.times.push_back(pending.times[row]);
    for (const std::uint32_t row : waiting) rest.times.push_back(pending.times[row]);
    for (std::size_t c = 0; c < pending.columns.size(); ++c) {
      append_picked(pending.columns[c], ready, out.columns[c]);
      append_picked(pending.columns[c], waiting, rest.columns[c]);
    }
    pending = std::move(rest);
  }
};

MappedSeries::MappedSeries(std::unique_ptr<SeriesCursor> cursor, ClockMap map, Nanos reorder_window,
                           std::string where, Diagnostics& diagnostics)
    : impl_(std::make_unique<Impl>()) {
  impl_->cursor = std::move(cursor);
  impl_->map = std::move(map);
  impl_->window = std::max(reorder_window, Nanos{0});
  impl_->where = std::move(where);
  impl_->diagnostics = &diagnostics;
  impl_->pending = empty_slice(impl_->cursor->columns());
}
MappedSeries::~MappedSeries() = default;
MappedSeries::MappedSeries(MappedSeries&&) noexcept = default;

const std::vector<ColumnSpec>& MappedSeries::columns() const { return impl_->cursor->columns(); }

bool MappedSeries::next(SeriesSlice& slice) {
  Impl& impl = *impl_;
  slice = empty_slice(impl.cursor->columns());
  while (!impl.finished && slice.times.empty()) {
    if (!impl.cursor->next(impl.batch)) {
      impl.finished = true;
    } else {
      if (impl.batch.times.empty() || impl.try_fast(slice)) continue;
      impl.take_batch();
    }
    impl.give(slice);
  }
  return !slice.times.empty();
}

}  // namespace reelcell::timeline
