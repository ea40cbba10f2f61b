// Reading an open session: its streams, whole and in order, and the hashes of what they were read
// from.
#include "internal/content_digest.hpp"
#include "internal/counted_cursor.hpp"
#include "internal/signals_view.hpp"
#include "internal/stream_state.hpp"
#include "reelcell/base/error.hpp"

namespace reelcell::pipeline {

std::unique_ptr<SeriesCursor> OpenSession::series_as_recorded(const std::string& stream) const {
  const StreamState& entry = state(stream);
  return std::make_unique<CountedSeries>(
      *losses_, [&](Diagnostics& own) { return entry.series(entry.clock.join(), own); });
}
std::unique_ptr<EventCursor> OpenSession::events_as_recorded(const std::string& stream) const {
  const StreamState& entry = state(stream);
  return std::make_unique<CountedEvents>(
      *losses_, [&](Diagnostics& own) { return entry.events_of(entry.clock.join(), own); });
}

void OpenSession::each_stamp(const std::string& stream,
                             const std::function<void(StreamTime)>& take) const {
  const StreamState& entry = state(stream);
  Diagnostics counted;  // by whoever reads the stream for what it holds
  if (entry.spec.kind == StreamKind::kSeries) {
    SeriesBatch batch;
    for (const auto cursor = entry.series({}, counted); cursor->next(batch);)
      for (const StreamTime t : batch.times) take(t);
  } else {
    StreamEvent event;
    for (const auto cursor = entry.events_of({}, counted); cursor->next(event);) take(event.time);
  }
}

std::unique_ptr<SeriesCursor> OpenSession::open_series(const std::string& stream) const {
  return open_series(stream, state(stream).clock.join());
}
std::unique_ptr<SeriesCursor> OpenSession::open_series(const std::string& stream,
                                                       const timeline::ClockJoin& join) const {
  const StreamState& entry = state(stream);
  return std::make_unique<CountedSeries>(*losses_, [&](Diagnostics& own) {
    return ordered_series(entry.series(join, own), entry.spec.reorder_window, entry.where, own);
  });
}

std::unique_ptr<EventCursor> OpenSession::open_events(const std::string& stream) const {
  const OrderedEvents& events = ordered_events(stream);
  return std::make_unique<CountedEvents>(*losses_,
                                         [&](Diagnostics& own) { return events.open(own); });
}
std::unique_ptr<EventCursor> OpenSession::open_events(const std::string& stream,
                                                      const timeline::ClockJoin& join) const {
  const StreamState& entry = state(stream);
  if (join.empty() && entry.clock.join().empty()) return open_events(stream);
  return std::make_unique<CountedEvents>(*losses_, [&](Diagnostics& own) {
    return pipeline::ordered_events(
        [&entry, join](Diagnostics& losses) { return entry.events_of(join, losses); },
        entry.spec.reorder_window, entry.where, own);
  });
}

const OrderedEvents& OpenSession::ordered_events(const std::string& stream) const {
  auto& entry = const_cast<StreamState&>(state(stream));
  const std::lock_guard lock(entry.events_mutex);
  if (!entry.events) {
    Diagnostics own;
    const auto open = [&entry](Diagnostics& losses) {
      return entry.events_of(entry.clock.join(), losses);
    };
    entry.events =
        std::make_unique<const OrderedEvents>(open, entry.spec.reorder_window, entry.where, own);
    losses_->merge_max(own);
  }
  return *entry.events;
}

Digests OpenSession::source_digests(const std::string& stream) const {
  auto& entry = const_cast<StreamState&>(state(stream));
  if (!has_content_hash(stream)) return file_digests(entry.path);
  // Reading a stream through takes long: once, and once also where it fails.
  const std::lock_guard lock(entry.content_mutex);
  if (!entry.no_content.empty()) throw InputError(entry.no_content);
  if (entry.content) return *entry.content;
  try {
    entry.content = content_digests(session_, entry.info, entry.recording.get(), entry.video.get());
  } catch (const InputError& error) {
    entry.no_content = error.what();
    losses_->warn("source-hash-missing", session_.id + ": " + stream,
                  entry.no_content +
                      ". So its hash could not be taken, and whether it changes later cannot be "
                      "told. What was made of it is whole. When it can be read, --retry-failed "
                      "takes the hash.");
    throw InputError(entry.no_content);
  }
  return *entry.content;
}

bool OpenSession::has_content_hash(const std::string& stream) const {
  const StreamState& entry = state(stream);
  return !entry.spec.source.episode.empty() || fs::is_directory(entry.path);
}

const std::vector<SourceFile>& OpenSession::files_beside(const std::string& stream) const {
  return state(stream).beside;
}

Digests OpenSession::file_digests(const fs::path& path) const {
  {
    const std::lock_guard lock(mutex_);
    const auto known = digests_.find(path);
    if (known != digests_.end()) return known->second;
  }
  const Digests digests = hash_file(path);
  const std::lock_guard lock(mutex_);
  return digests_.emplace(path, digests).first->second;
}

std::unique_ptr<SessionSignals> OpenSession::signals() const {
  return std::make_unique<SignalsView>(*this);
}

}  // namespace reelcell::pipeline
