#include "internal/ordered_streams.hpp"

#include "internal/ordered_events.hpp"
#include "reelcell/timeline/ordered_series.hpp"

namespace reelcell::pipeline {
namespace {
/// Keeps what the cursor reads from. What is lost was counted when the events were put in order.
class OwningEvents : public EventCursor {
 public:
  explicit OwningEvents(std::unique_ptr<const OrderedEvents> events)
      : events_(std::move(events)), cursor_(events_->open(counted_)) {}
  bool next(StreamEvent& event) override { return cursor_->next(event); }

 private:
  std::unique_ptr<const OrderedEvents> events_;
  Diagnostics counted_;
  std::unique_ptr<EventCursor> cursor_;
};
}  // namespace

std::unique_ptr<SeriesCursor> ordered_series(std::unique_ptr<SeriesCursor> stored,
                                             Nanos reorder_window, const std::string& where,
                                             Diagnostics& diagnostics) {
  return std::make_unique<timeline::OrderedSeries>(std::move(stored), reorder_window, where,
                                                   diagnostics);
}

std::unique_ptr<SeriesCursor> ordered_series(const Recording& recording, const std::string& item,
                                             Nanos reorder_window, const std::string& where,
                                             Diagnostics& diagnostics) {
  return ordered_series(recording.open_series(item, diagnostics), reorder_window, where,
                        diagnostics);
}

std::unique_ptr<EventCursor> ordered_events(
    std::function<std::unique_ptr<EventCursor>(Diagnostics&)> open, Nanos reorder_window,
    const std::string& where, Diagnostics& diagnostics) {
  return std::make_unique<OwningEvents>(
      std::make_unique<const OrderedEvents>(std::move(open), reorder_window, where, diagnostics));
}

std::unique_ptr<EventCursor> ordered_events(const Recording& recording, const std::string& item,
                                            Nanos reorder_window, const std::string& where,
                                            Diagnostics& diagnostics) {
  return ordered_events(
      [&recording, item](Diagnostics& losses) { return recording.open_events(item, losses); },
      reorder_window, where, diagnostics);
}

}  // namespace reelcell::pipeline
