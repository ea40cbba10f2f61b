// A line-oriented log as a Recording of one stream, which can be read as series and as events.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "reelcell/model/recording.hpp"

namespace reelcell::textlog {

/// Estimate of the rate from the first times of a log (median of the positive steps); nullopt for
/// fewer than three.
std::optional<double> rate_of(const std::vector<std::int64_t>& times_ns);

/// A log whose rows hold text and come slowly reads best as events.
StreamKind likely_kind(bool asked_for_events, std::size_t numeric_columns, std::size_t text_columns,
                       std::optional<double> rate_hz);

/// Finds the last time of a log from its tail: calls last_time(offset) with growing parts of the
/// file's end, starting at `offset`, until it gives one.
template <class LastTime>
std::optional<StreamTime> find_last(std::uint64_t begin, std::uint64_t size, LastTime last_time) {
  constexpr std::uint64_t kFirstTail = 64 << 10, kLongestTail = 16 << 20;
  for (std::uint64_t tail = kFirstTail;; tail *= 4) {
    const std::uint64_t offset = size > begin + tail ? size - tail : begin;
    if (const auto found = last_time(offset)) return found;
    if (offset == begin || tail >= kLongestTail) return std::nullopt;
  }
}

class SingleStreamRecording : public Recording {
 public:
  const std::vector<StreamInfo>& streams() const override { return streams_; }
  std::unique_ptr<SeriesCursor> open_series(const std::string& item,
                                            Diagnostics& diagnostics) const override;
  std::unique_ptr<EventCursor> open_events(const std::string& item,
                                           Diagnostics& diagnostics) const override;
  std::shared_ptr<VideoSource> open_video(const std::string& item,
                                          Diagnostics& diagnostics) const override;

 protected:
  virtual std::string place() const = 0;
  virtual std::unique_ptr<SeriesCursor> series(Diagnostics& diagnostics) const = 0;
  virtual std::unique_ptr<EventCursor> events(Diagnostics& diagnostics) const = 0;
  std::vector<StreamInfo> streams_;

 private:
  void check_item(const std::string& item) const;
};

}  // namespace reelcell::textlog
