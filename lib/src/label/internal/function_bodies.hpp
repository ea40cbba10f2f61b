// The evaluators that the table of functions points to.
#pragma once

#include "internal/ast.hpp"
#include "internal/datum.hpp"

namespace reelcell::label {

class Evaluation;

/// Values of a signal held at most while ranks are found; beyond it the signal is read again, a few
/// times.
inline constexpr std::size_t kKeptValues = std::size_t{1} << 20;

Datum signal_mean(Evaluation&, const Node&);
Datum signal_min(Evaluation&, const Node&);
Datum signal_max(Evaluation&, const Node&);
Datum signal_std(Evaluation&, const Node&);
Datum signal_median(Evaluation&, const Node&);
Datum signal_percentile(Evaluation&, const Node&);
Datum signal_first(Evaluation&, const Node&);
Datum signal_last(Evaluation&, const Node&);
Datum signal_delta(Evaluation&, const Node&);
Datum signal_at(Evaluation&, const Node&);
Datum condition_any(Evaluation&, const Node&);
Datum condition_all(Evaluation&, const Node&);
Datum condition_count(Evaluation&, const Node&);
Datum condition_duration(Evaluation&, const Node&);
Datum condition_share(Evaluation&, const Node&);
Datum condition_longest(Evaluation&, const Node&);

Datum events_count(Evaluation&, const Node&);
Datum events_exist(Evaluation&, const Node&);
Datum events_first(Evaluation&, const Node&);
Datum events_last(Evaluation&, const Node&);
Datum events_since(Evaluation&, const Node&);
Datum events_until(Evaluation&, const Node&);
Datum events_within(Evaluation&, const Node&);
Datum moments_before(Evaluation&, const Node&);
Datum moments_after(Evaluation&, const Node&);
Datum moments_within(Evaluation&, const Node&);

Datum value_if(Evaluation&, const Node&);
Datum value_default(Evaluation&, const Node&);
Datum value_least(Evaluation&, const Node&);
Datum value_greatest(Evaluation&, const Node&);
Datum value_abs(Evaluation&, const Node&);
Datum text_starts_with(Evaluation&, const Node&);
Datum text_ends_with(Evaluation&, const Node&);
Datum text_contains(Evaluation&, const Node&);
Datum text_lower(Evaluation&, const Node&);

}  // namespace reelcell::label
