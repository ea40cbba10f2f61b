// Sliding windows over a session's streams, for one thread.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "reelcell/model/session_facts.hpp"
#include "reelcell/pipeline/clocks.hpp"
#include "reelcell/pipeline/session.hpp"

namespace reelcell::pipeline {

/// A window over one series: holds what the last range needed and reads on; going back re-opens the
/// stream.
class SeriesWindow {
 public:
  SeriesWindow(const OpenSession& session, std::string stream)
      : session_(&session), stream_(std::move(stream)) {}
  SeriesSlice read(TimeRange range, bool with_neighbours);

 private:
  void reopen();
  bool pull();
  void drop_before(SessionTime time);
  const OpenSession* session_;
  std::string stream_;
  std::unique_ptr<SeriesCursor> source_;
  SeriesSlice buffer_;
  std::size_t first_ = 0;  ///< rows of buffer_ before it are no longer needed
  bool dropped_ = false;   ///< samples before the buffer were dropped
  bool ended_ = false;
};

/// A window over the events of one stream, as SeriesWindow.
class EventWindow {
 public:
  EventWindow(const OpenSession& session, std::string stream)
      : session_(&session), stream_(std::move(stream)) {}
  std::vector<Event> read(TimeRange range);
  std::optional<Event> before(SessionTime time);

 private:
  void seek(SessionTime time);
  void drop_before(SessionTime time);
  bool pull();
  const OpenSession* session_;
  std::string stream_;
  std::unique_ptr<EventCursor> source_;
  std::deque<Event> buffer_;
  std::optional<Event> last_dropped_;
  SessionTime position_{};
};

class SignalsView : public SessionSignals, public SessionFacts {
 public:
  explicit SignalsView(const OpenSession& session) : session_(&session) {}
  const SessionDescription& session() const override { return session_->session(); }
  TimeRange extent() const override { return session_->extent(); }
  SeriesSlice series(const std::string& stream, TimeRange range, bool with_neighbours) override;
  std::vector<Event> events(const std::string& stream, TimeRange range) override;
  std::optional<Event> event_before(const std::string& stream, SessionTime time) override;
  FrameTimes frames(const std::string& stream, TimeRange range) override;
  std::vector<Nanos> playing_times(const std::string& stream) override;
  std::vector<std::optional<FrameFigures>> frame_figures(const std::string& stream,
                                                         TimeRange range) override;
  Nanos clock_uncertainty(const std::string& stream, SessionTime at) override;
  bool share_clock(const std::string& a, const std::string& b) override;

 private:
  const std::map<std::string, ClockDetails>& details();
  std::string clock_of(const std::string& stream);
  struct FiguresCache {
    TimeRange range{};
    std::vector<std::optional<FrameFigures>> figures;
  };
  const OpenSession* session_;
  std::optional<std::map<std::string, ClockDetails>> details_;
  std::map<std::string, SeriesWindow> series_;
  std::map<std::string, EventWindow> events_;
  std::map<std::string, FiguresCache>
      figures_;  ///< of the last range: several gates ask for the same one
};

}  // namespace reelcell::pipeline
