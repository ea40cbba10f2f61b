// Which sources a stage read: asked of the reads themselves, so that no stage can forget to say.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "reelcell/model/session_facts.hpp"
#include "reelcell/pipeline/build.hpp"

namespace reelcell::pipeline {

/// Passes every call on and notes the streams that are read and the range of what came. The extent
/// of the session, to which all streams contribute, is not counted as reading them. Borrows
/// `inner`; one a thread.
class WatchedSignals : public SessionSignals, public SessionFacts {
 public:
  explicit WatchedSignals(SessionSignals& inner) : inner_(&inner) {}
  const SessionDescription& session() const override { return inner_->session(); }
  TimeRange extent() const override { return inner_->extent(); }
  SeriesSlice series(const std::string& stream, TimeRange range, bool with_neighbours) override;
  std::vector<Event> events(const std::string& stream, TimeRange range) override;
  std::optional<Event> event_before(const std::string& stream, SessionTime time) override;
  FrameTimes frames(const std::string& stream, TimeRange range) override;
  std::vector<Nanos> playing_times(const std::string& stream) override {
    note(stream);
    return facts_of(*inner_).playing_times(stream);
  }
  std::vector<std::optional<FrameFigures>> frame_figures(const std::string& stream,
                                                         TimeRange range) override;
  Nanos clock_uncertainty(const std::string& stream, SessionTime at) override {
    return facts_of(*inner_).clock_uncertainty(stream, at);
  }
  bool share_clock(const std::string& a, const std::string& b) override {
    return facts_of(*inner_).share_clock(a, b);
  }
  /// What was read so far, in the session's order of streams.
  std::vector<UsedSource> used(const std::string& role) const;

 private:
  UsedSource& note(const std::string& stream) { return used_[stream]; }
  void came(const std::string& stream, SessionTime first, SessionTime last);
  SessionSignals* inner_;
  std::map<std::string, UsedSource> used_;
};

}  // namespace reelcell::pipeline
