// Messages of one topic as a series of columns, or as events.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include "reelcell/model/series.hpp"
#include "topic.hpp"

namespace reelcell::readers::mcap {

struct SeriesPlan {
  Node tree;                              ///< marked with the columns
  std::vector<ColumnSpec> columns;        ///< those of the message, then the message's own stamps
  std::size_t decoded = 0;                ///< how many come from the message
  std::int32_t stamp = -1;                ///< column of the header stamp, in ns; -1 = none
  std::int32_t seconds = -1, nanos = -1;  ///< `stamp` is joined from these two
  std::int32_t log_time = -1, publish_time = -1, sequence = -1;
  std::string stamp_name;
  std::string time_field;  ///< column that is the clock
  std::vector<std::string> left_out, unmatched;
};

/// Throws InputError when the clock is the header stamp and messages have none.
SeriesPlan plan_series(const Topic& topic, const Node& shape, const ReadOptions& options);

/// Both throw InputError for a bad choice; messages that do not decode are counted in
/// `diagnostics`.
std::unique_ptr<SeriesCursor> open_topic_series(std::shared_ptr<const McapFile> file,
                                                const Topic& topic, const ReadOptions& options,
                                                Diagnostics& diagnostics);
std::unique_ptr<EventCursor> open_topic_events(std::shared_ptr<const McapFile> file,
                                               const Topic& topic, const ReadOptions& options,
                                               Diagnostics& diagnostics);

/// Loss of one kind, gathered and reported once a batch.
class LossTally {
 public:
  LossTally(Diagnostics& diagnostics, std::string where)
      : diagnostics_(&diagnostics), where_(std::move(where)) {}
  ~LossTally() { flush(); }
  LossTally(const LossTally&) = delete;
  LossTally& operator=(const LossTally&) = delete;
  /// `explain` is called for the first of a kind in each batch only.
  template <class Explain>
  void add(const char* code, std::int64_t time, const Explain& explain) {
    add_many(code, 1, time, explain);
  }
  template <class Explain>
  void add_many(const char* code, std::uint64_t count, std::int64_t time, const Explain& explain) {
    Entry& entry = entries_[code];
    if (std::exchange(entry.count, entry.count + count) == 0) {
      entry.message = explain();
      entry.first = entry.last = time;
    }
    entry.first = std::min(entry.first, time);
    entry.last = std::max(entry.last, time);
  }
  void flush();

 private:
  struct Entry {
    std::uint64_t count = 0;
    std::string message;
    std::int64_t first = 0, last = 0;
  };
  Diagnostics* diagnostics_;
  std::string where_;
  std::map<std::string, Entry> entries_;
};
void tally(LossTally& losses, DecodeStatus status, RowDecoder& decoder, std::uint64_t log_time);

}  // namespace reelcell::readers::mcap
