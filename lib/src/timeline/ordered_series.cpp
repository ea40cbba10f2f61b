#include "reelcell/timeline/ordered_series.hpp"

#include <algorithm>
#include <numeric>

#include "internal/wide.hpp"
#include "reelcell/base/error.hpp"

namespace reelcell::timeline {
namespace {
using Rows = std::vector<std::uint32_t>;

/// Appends the rows of `from` at `picks` to `to`.
void append_picked(const Column& from, const Rows& picks, Column& to) {
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
void append_picked(const SeriesBatch& from, const Rows& picks, SeriesBatch& to) {
  for (const std::uint32_t row : picks) to.times.push_back(from.times[row]);
  for (std::size_t c = 0; c < to.columns.size(); ++c)
    append_picked(from.columns[c], picks, to.columns[c]);
}
void append_from(const SeriesBatch& from, std::size_t first, SeriesBatch& to) {
  to.times.insert(to.times.end(), from.times.begin() + static_cast<std::ptrdiff_t>(first),
                  from.times.end());
  for (std::size_t c = 0; c < to.columns.size(); ++c)
    to.columns[c].append_rows(from.columns[c], first, from.size() - first);
}

SeriesBatch empty_batch(const std::vector<ColumnSpec>& specs) {
  SeriesBatch batch;
  for (const ColumnSpec& spec : specs) batch.columns.push_back({spec, empty_data(spec.dtype)});
  return batch;
}
/// No recording of a cell pauses for longer.
constexpr Nanos kPause = std::chrono::hours(24);
std::string text_of(StreamTime t) { return format_seconds(t.time_since_epoch()) + " s"; }
}  // namespace

struct OrderedSeries::Impl {
  std::unique_ptr<SeriesCursor> cursor;
  Nanos window;
  std::string where;
  Diagnostics* diagnostics;

  SeriesBatch arrived;  ///< in arrival order, not yet judged
  SeriesBatch pending;  ///< kept, in arrival order, not yet given out
  bool any = false, gave = false, finished = false, begun = false;
  std::uint64_t kept_count = 0;
  StreamTime newest{};  ///< latest time kept
  StreamTime last{};    ///< latest time given out

  void count_backward(StreamTime t) const {
    diagnostics->loss("time-backward", where,
                      "sample at " + text_of(t) + " is earlier than one before it (" +
                          text_of(newest) + ") by more than the reorder window of " +
                          format_duration(window) +
                          "; it was dropped. In session.json, set \"reorder_window_ms\" of this "
                          "stream to sort within a longer one.",
                      1, ns_of(t));
  }
  void count_outlier(StreamTime t) const {
    diagnostics->loss(
        "time-outlier", where,
        "sample at " + text_of(t) +
            " lies ahead of the samples after it by more than the reorder window of " +
            format_duration(window) +
            "; its stamp is wrong and it was dropped. Check the logger's clock.",
        1, ns_of(t));
  }
  void count_stray(StreamTime t, StreamTime others) const {
    diagnostics->loss("time-outlier", where,
                      "sample at " + text_of(t) + " lies more than a day away from the others (" +
                          text_of(others) +
                          "); its stamp is wrong and it was dropped. Check the logger's clock.",
                      1, ns_of(t));
  }
  void count_duplicate(StreamTime t) const {
    diagnostics->loss(
        "time-duplicate", where,
        "two samples at " + text_of(t) + "; the first was kept, expected one sample a time", 1,
        ns_of(t));
  }

  bool later(StreamTime a, StreamTime b) const {
    return a > b && difference(ns_of(a), ns_of(b)) > window.count();
  }

  /// A witness against row `row` would be late if it were kept, and is not if it is left out.
  bool contradicted(std::size_t row) const {
    const StreamTime t = arrived.times[row];
    const std::size_t end = std::min(arrived.size(), row + 1 + kWitnesses);
    std::size_t against = 0;
    for (std::size_t i = row + 1; i < end; ++i) {
      const StreamTime witness = arrived.times[i];
      against += later(t, witness) && !(any && later(newest, witness));
    }
    return 2 * against > end - row - 1;
  }

  /// Nothing contradicts a stamp that nothing comes after; but no recording pauses for a day.
  bool stray_at_end(std::size_t row) const {
    const std::size_t rest = arrived.size() - row;
    return finished && any && rest < kWitnesses && rest < kept_count &&
           difference(ns_of(arrived.times[row]), ns_of(newest)) > kPause.count();
  }

  /// Rows at the very start that lie a day or more before the many after them: a logger's clock
  /// that was not set yet.
  std::size_t strays_at_start() const {
    std::size_t strays = 0;
    for (std::size_t row = 1; row < std::min(kWitnesses, arrived.size()); ++row)
      if (arrived.size() > 2 * row &&
          difference(ns_of(arrived.times[row]), ns_of(arrived.times[row - 1])) > kPause.count() &&
          !contradicted(row))
        strays = row;
    return strays;
  }

  /// Decides what has arrived, as far as there are witnesses.
  void judge() {
    Rows kept;
    std::size_t row = 0;
    if (!begun) {
      if (!finished && arrived.size() < 2 * kWitnesses) return;
      begun = true;
      for (const std::size_t strays = strays_at_start(); row < strays; ++row)
        count_stray(arrived.times[row], arrived.times[strays]);
    }
    for (; row < arrived.size(); ++row) {
      const StreamTime t = arrived.times[row];
      if (any && later(newest, t)) {
        count_backward(t);
        continue;
      }
      if (!any || later(t, newest)) {
        if (!finished && arrived.size() - row - 1 < kWitnesses) break;
        if (contradicted(row)) {
          count_outlier(t);
          continue;
        }
        if (stray_at_end(row)) {
          count_stray(t, newest);
          continue;
        }
      }
      newest = any ? std::max(newest, t) : t;
      any = true;
      kept.push_back(static_cast<std::uint32_t>(row));
    }
    kept_count += kept.size();
    append_picked(arrived, kept, pending);
    SeriesBatch rest = empty_batch(cursor->columns());
    append_from(arrived, row, rest);
    arrived = std::move(rest);
  }

  /// Gives what can no longer be overtaken (all of it at the end), in order, without duplicates.
  void give(SeriesBatch& out) {
    Rows order(pending.size());
    std::iota(order.begin(), order.end(), 0u);
    if (!std::is_sorted(pending.times.begin(), pending.times.end()))
      std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
        return pending.times[a] < pending.times[b];
      });
    Rows ready, waiting;
    for (const std::uint32_t row : order) {
      const StreamTime t = pending.times[row];
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
    SeriesBatch rest = empty_batch(cursor->columns());
    append_picked(pending, ready, out);
    append_picked(pending, waiting, rest);
    pending = std::move(rest);
  }
};

OrderedSeries::OrderedSeries(std::unique_ptr<SeriesCursor> cursor, Nanos reorder_window,
                             std::string where, Diagnostics& diagnostics)
    : impl_(std::make_unique<Impl>()) {
  impl_->cursor = std::move(cursor);
  impl_->window = std::max(reorder_window, Nanos{0});
  impl_->where = std::move(where);
  impl_->diagnostics = &diagnostics;
  impl_->arrived = impl_->pending = empty_batch(impl_->cursor->columns());
}
OrderedSeries::~OrderedSeries() = default;
OrderedSeries::OrderedSeries(OrderedSeries&&) noexcept = default;

const std::vector<ColumnSpec>& OrderedSeries::columns() const { return impl_->cursor->columns(); }

bool OrderedSeries::next(SeriesBatch& batch) {
  Impl& impl = *impl_;
  batch = empty_batch(impl.cursor->columns());
  SeriesBatch more;
  while (!impl.finished && batch.times.empty()) {
    if (impl.cursor->next(more))
      append_from(more, 0, impl.arrived);
    else
      impl.finished = true;
    impl.judge();
    impl.give(batch);
  }
  return !batch.times.empty();
}

}  // namespace reelcell::timeline
