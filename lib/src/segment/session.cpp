#include "internal/common.hpp"

namespace reelcell::segment {
namespace {
std::vector<Segment> run(const OptionValues&, SessionSignals& signals,
                         const EventPredicateCompiler&, Diagnostics&) {
  Segment segment;
  segment.range = signals.extent();
  if (segment.range.empty()) return {};
  segment.kind = segment.name = "session";
  segment.begin = segment.finish = {"session", std::nullopt};
  return {segment};
}
}  // namespace

const SegmenterRow& session_segmenter() {
  static const SegmenterRow row{"session", "The whole session as one segment", {}, run};
  return row;
}

}  // namespace reelcell::segment
