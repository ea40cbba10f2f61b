// Dwells: where the robot stands still, or slows down on its way.
#include "internal/motion.hpp"

namespace reelcell::segment {
namespace {
std::vector<Segment> run(const OptionValues& options, SessionSignals& signals,
                         const EventPredicateCompiler&, Diagnostics& diagnostics) {
  const DwellRequest request = parse_dwell_request(options, signals.session());
  const std::vector<Dwell> dwells = find_dwells(request, signals);
  warn_if_coarse(dwells, request, signals.session().id, diagnostics);
  std::vector<Segment> segments;
  for (const Dwell& dwell : dwells) {
    Segment& segment = segments.emplace_back();
    segment.range = {dwell.start, dwell.end};
    segment.kind = "dwell";
    segment.name = numbered_name("dwell", segments.size() - 1);
    segment.begin = dwell.begin;
    segment.finish = dwell.finish;
    segment.attributes.emplace_back("speed_min", dwell.slowest);
    segment.attributes.emplace_back("stopped", !dwell.pass);
  }
  return segments;
}
}  // namespace

const SegmenterRow& dwell_segmenter() {
  static const SegmenterRow row{"dwell",
                                "Where the robot stands still: speed below v_in until it is above "
                                "v_out",
                                dwell_option_specs(), run};
  return row;
}

}  // namespace reelcell::segment
