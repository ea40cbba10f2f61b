#include "reelcell/textlog/recording.hpp"

#include <algorithm>

#include "reelcell/base/error.hpp"
#include "reelcell/textlog/fields.hpp"

namespace reelcell::textlog {

std::optional<double> rate_of(const std::vector<std::int64_t>& times_ns) {
  std::vector<std::int64_t> steps;
  for (std::size_t i = 1; i < times_ns.size(); ++i) {
    std::int64_t step = 0;
    if (!__builtin_sub_overflow(times_ns[i], times_ns[i - 1], &step) && step > 0)
      steps.push_back(step);
  }
  if (steps.size() < 2) return std::nullopt;
  const auto middle = steps.begin() + static_cast<std::ptrdiff_t>(steps.size() / 2);
  std::nth_element(steps.begin(), middle, steps.end());
  return 1e9 / static_cast<double>(*middle);
}

StreamKind likely_kind(bool asked_for_events, std::size_t numeric_columns, std::size_t text_columns,
                       std::optional<double> rate_hz) {
  constexpr double kSlowHz = 20;  // PLC steps and verdicts; joints and force are at 100 Hz and up
  if (asked_for_events || (numeric_columns == 0 && text_columns > 0)) return StreamKind::kEvents;
  if (text_columns > 0 && rate_hz.value_or(0) < kSlowHz) return StreamKind::kEvents;
  return StreamKind::kSeries;
}

void SingleStreamRecording::check_item(const std::string& item) const {
  if (!item.empty())
    throw InputError(place(),
                     "found item " + shown(item) +
                         ", expected none: this file holds one stream; leave \"item\" out");
}

std::unique_ptr<SeriesCursor> SingleStreamRecording::open_series(const std::string& item,
                                                                 Diagnostics& diagnostics) const {
  check_item(item);
  if (streams_.at(0).columns.empty())
    throw InputError(place(),
                     "no column holds numbers, expected at least one for a series; read it as "
                     "\"kind\": \"events\", or name columns with the option columns");
  return series(diagnostics);
}

std::unique_ptr<EventCursor> SingleStreamRecording::open_events(const std::string& item,
                                                                Diagnostics& diagnostics) const {
  check_item(item);
  return events(diagnostics);
}

std::shared_ptr<VideoSource> SingleStreamRecording::open_video(const std::string& item,
                                                               Diagnostics&) const {
  check_item(item);
  throw InputError(place(), "holds no video, expected \"kind\": \"series\" or \"events\"");
}

}  // namespace reelcell::textlog
