// A recording's streams in time order: one way for all that read them.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "reelcell/base/diagnostics.hpp"
#include "reelcell/model/recording.hpp"

namespace reelcell::pipeline {

/// By timeline::OrderedSeries; `where` is the place in its messages. The cursor borrows from
/// `recording` and `diagnostics`.
std::unique_ptr<SeriesCursor> ordered_series(const Recording& recording, const std::string& item,
                                             Nanos reorder_window, const std::string& where,
                                             Diagnostics& diagnostics);
std::unique_ptr<SeriesCursor> ordered_series(std::unique_ptr<SeriesCursor> stored,
                                             Nanos reorder_window, const std::string& where,
                                             Diagnostics& diagnostics);
/// By OrderedEvents; reads the stream at once.
std::unique_ptr<EventCursor> ordered_events(const Recording& recording, const std::string& item,
                                            Nanos reorder_window, const std::string& where,
                                            Diagnostics& diagnostics);
/// `open` gives them in stored order, each time anew.
std::unique_ptr<EventCursor> ordered_events(
    std::function<std::unique_ptr<EventCursor>(Diagnostics&)> open, Nanos reorder_window,
    const std::string& where, Diagnostics& diagnostics);

}  // namespace reelcell::pipeline
