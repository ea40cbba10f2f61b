#pragma once

#include <memory>

#include "plan.hpp"
#include "reelcell/model/series.hpp"

namespace reelcell::readers::jsonl {

std::unique_ptr<SeriesCursor> make_series_cursor(std::shared_ptr<const InputFile> file,
                                                 std::shared_ptr<const Plan> plan,
                                                 Diagnostics& diagnostics);
std::unique_ptr<EventCursor> make_event_cursor(std::shared_ptr<const InputFile> file,
                                               std::shared_ptr<const Plan> plan,
                                               Diagnostics& diagnostics);

}  // namespace reelcell::readers::jsonl
