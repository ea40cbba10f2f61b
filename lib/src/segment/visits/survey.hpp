// A session's visits: what was found, before it becomes segments and a report.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "../internal/motion.hpp"
#include "evidence.hpp"
#include "match.hpp"
#include "steps.hpp"
#include "ties.hpp"

namespace reelcell::segment::visits {

struct Request {
  DwellRequest dwell;
  SignalRef positions;
  MatchRequest match;
  Plan plan;
  std::string step_stream, step_text, step_end_text;
  EventPredicate step, step_end;
  std::string step_point;  ///< field of a step that names the point; "" = none
  std::string verdicts;    ///< stream; "" = none
  EventPredicate verdict;
  TieRequest tie;
  std::vector<std::string> cameras;
  Nanos settle{0};
  double least_sharpness = 0;
};
Request parse(const OptionValues& options, const SessionDescription& session,
              const EventPredicateCompiler& compile);
std::vector<OptionSpec> option_specs();

struct Visit {
  Dwell dwell;
  Match match;
  std::optional<std::size_t> verdict;        ///< into Survey::verdicts
  std::vector<std::size_t> ambiguous;        ///< verdicts that may be this visit's
  std::map<std::string, Evidence> evidence;  ///< by camera
};

/// A stream whose clock nobody has related to that of the motion.
struct AssumedClock {
  std::string stream;
  std::string effect;  ///< what was not done for it
};

struct Survey {
  std::vector<AssumedClock> assumed;
  std::vector<Visit> visits;  ///< in time order, each to a planned point
  std::vector<Visit> strays;  ///< stops at no planned point
  std::vector<UnseenVisit> unseen;
  std::vector<Event> verdicts;
  std::vector<Tie> ties;  ///< one a verdict
};
Survey survey(const Request& request, SessionSignals& signals);

std::vector<Segment> to_segments(const Request& request, const Survey& survey);
/// Each skipped point, each step of the controller without a stop, each verdict without a visit and
/// each visit without evidence; stops at no planned point are counted together.
void tell(const Request& request, const Survey& survey, const std::string& session,
          Diagnostics& diagnostics);

}  // namespace reelcell::segment::visits
