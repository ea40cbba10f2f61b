// What an open session holds of each stream.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "internal/ordered_events.hpp"
#include "internal/ordered_streams.hpp"
#include "reelcell/model/recording.hpp"
#include "reelcell/pipeline/session.hpp"

namespace reelcell::pipeline {

struct OpenSession::StreamState {
  StreamSpec spec;
  StreamInfo info;
  std::shared_ptr<const Recording> recording;
  timeline::ClockMap clock;
  fs::path path;
  std::vector<SourceFile> beside;
  std::shared_ptr<const VideoSource> video;
  // Made on first use, under OpenSession::mutex_.
  std::shared_ptr<const std::vector<SessionTime>> frame_times;
  std::optional<std::optional<Nanos>> usual_interval;
  std::optional<TimeRange> extent;
  /// Made on first use, under a lock of its own: making them reads the file.
  std::mutex events_mutex;
  std::unique_ptr<const OrderedEvents> events;
  std::mutex content_mutex;
  std::optional<Digests> content;
  std::string no_content;  ///< why there is no such hash
  std::string where;       ///< in messages

  /// In stored order, raw stamps joined: the one place where they are.
  std::unique_ptr<SeriesCursor> series(const timeline::ClockJoin& join, Diagnostics& own) const {
    return timeline::join_stamps(recording->open_series(info.item, own), join, spec.reorder_window,
                                 where);
  }
  std::unique_ptr<EventCursor> events_of(const timeline::ClockJoin& join, Diagnostics& own) const {
    return timeline::join_stamps(recording->open_events(info.item, own), join, spec.reorder_window,
                                 where);
  }
};

}  // namespace reelcell::pipeline
