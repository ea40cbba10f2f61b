// Finding, describing and opening sessions: session.json folders, self-describing files, data sets.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "reelcell/base/diagnostics.hpp"
#include "reelcell/base/hash.hpp"
#include "reelcell/model/recording.hpp"
#include "reelcell/model/session.hpp"
#include "reelcell/model/signals.hpp"
#include "reelcell/timeline/clock_map.hpp"

namespace reelcell::pipeline {

class OrderedEvents;

/// One session that can be opened. `id` is unique within a list and does not depend on where the
/// data lies.
struct SessionRef {
  fs::path path;        ///< session folder, file or data set
  std::string episode;  ///< of a data set, "" otherwise
  std::string id;
};

/// Sessions below each path, sorted by id: a folder with session.json, a file a reader knows, a
/// data set (each episode a session), or a folder of any of these. Throws InputError when a path
/// holds none, PlanError when two different sessions have the same id.
std::vector<SessionRef> find_sessions(const std::vector<fs::path>& paths);

/// Reads session.json; InputError says where, found, expected. Unreadable plan file: null `plan`.
SessionDescription read_session_file(const fs::path& file);
/// The document of a description; read_session_file(write) gives the same description.
Json session_to_json(const SessionDescription& session);

/// A session with its sources open and its clocks mapped. Immutable; safe to share between threads.
class OpenSession {
 public:
  /// Throws InputError (the session cannot be used at all). Losses are counted once however often
  /// the streams are read, and reach `diagnostics` when the session is closed. A stream whose file
  /// is missing or unreadable is left out, counted as "session-stream-unreadable" in `diagnostics`
  /// when `tolerate_missing`, else InputError.
  static std::shared_ptr<const OpenSession> open(const SessionRef& ref, Diagnostics& diagnostics,
                                                 bool tolerate_missing = false);
  ~OpenSession();

  const SessionDescription& session() const { return session_; }
  const timeline::ClockMap& clock(const std::string& stream) const;
  /// Video by stream name; InputError when there is none of that name.
  std::shared_ptr<const VideoSource> video(const std::string& stream) const;
  /// Session times of a video stream's frames in presentation order, at mid-exposure where that is
  /// known.
  std::shared_ptr<const std::vector<SessionTime>> frame_times(const std::string& stream) const;
  /// The median interval of a video stream's frames; nothing where there is none above 0.
  std::optional<Nanos> usual_interval(const std::string& stream) const;
  /// First to last sample over all streams; reads a series through only if its file does not say.
  TimeRange extent() const;
  /// Which streams have no time in common with the others; "" where all have.
  const std::string& apart() const;
  TimeRange stream_extent(const std::string& stream) const;
  /// In time order on the stream's own clock, whatever the order in the file: a series by
  /// timeline::OrderedSeries, which counts what it drops; events all of them, sorted. The stream's
  /// "reorder_window_ms" holds. Whoever reads a stream sees the same samples and the same losses.
  /// The cursors borrow from this session.
  std::unique_ptr<SeriesCursor> open_series(const std::string& stream) const;
  std::unique_ptr<EventCursor> open_events(const std::string& stream) const;
  /// The same with its raw stamps joined as `join` says, in place of what session.json says.
  std::unique_ptr<SeriesCursor> open_series(const std::string& stream,
                                            const timeline::ClockJoin& join) const;
  std::unique_ptr<EventCursor> open_events(const std::string& stream,
                                           const timeline::ClockJoin& join) const;
  /// Raw stamps of a series or of events, in stored order, whatever session.json says of breaks.
  void each_stamp(const std::string& stream, const std::function<void(StreamTime)>& take) const;
  /// In stored order, for a look at a file's start without reading it through. Stamps are joined.
  std::unique_ptr<SeriesCursor> series_as_recorded(const std::string& stream) const;
  std::unique_ptr<EventCursor> events_as_recorded(const std::string& stream) const;
  const StreamInfo& info(const std::string& stream) const;
  /// Path of a stream's source, absolute.
  fs::path source_path(const std::string& stream) const;
  /// Hash of a stream's source file, computed once. Of an episode of a data set and of a folder, of
  /// what the stream holds (content_digests()): its files may hold other episodes too. A content
  /// that cannot be read through is a warning, and is not read again. Throws InputError.
  Digests source_digests(const std::string& stream) const;
  /// Is that hash one of the content, not of a file?
  bool has_content_hash(const std::string& stream) const;
  /// Files beside the stream's own that its options have the reader read.
  const std::vector<SourceFile>& files_beside(const std::string& stream) const;
  /// Hash of a file of the session, computed once.
  Digests file_digests(const fs::path& path) const;
  /// Its session.json; "" when a recording describes itself.
  const fs::path& description() const { return description_; }
  /// What was lost so far in this session. Outlives everything that was opened from it.
  Diagnostics& losses() const { return *losses_; }
  /// A view for one thread; views slide forward, so reuse one for increasing times.
  std::unique_ptr<SessionSignals> signals() const;

 private:
  OpenSession() = default;
  struct StreamState;
  SessionDescription session_;
  fs::path description_;
  Diagnostics* diagnostics_ = nullptr;
  std::unique_ptr<Diagnostics> losses_ = std::make_unique<Diagnostics>();
  std::map<std::string, std::unique_ptr<StreamState>, std::less<>> streams_;
  mutable std::mutex mutex_;
  mutable std::optional<TimeRange> extent_;
  mutable std::string apart_;
  mutable std::map<fs::path, Digests> digests_;
  const StreamState& state(std::string_view stream) const;
  const OrderedEvents& ordered_events(const std::string& stream) const;
};

}  // namespace reelcell::pipeline
