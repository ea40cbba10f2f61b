// Streams whose clock nobody knows: what is joined by it may lie anywhere.
#include "internal/measure.hpp"

namespace reelcell::curate {
namespace {
GateResult run(const OptionValues& options, const Segment&, SessionSignals& signals) {
  const auto streams = chosen_streams(
      options, "streams", signals.session(),
      {StreamKind::kVideo, StreamKind::kSeries, StreamKind::kEvents, StreamKind::kAudio});
  std::string names;
  std::size_t assumed = 0;
  for (const StreamSpec* stream : streams) {
    if (stream->clock.stated) continue;
    names += (assumed == 0 ? "'" : ", '") + stream->name + "'";
    ++assumed;
  }
  const std::string reason =
      assumed == 0
          ? "the clocks of all streams are stated or were measured"
          : (assumed == 1 ? "the clock of " : "the clocks of ") + names +
                " is assumed; 'reelcell align --measure --write' measures it, and leaves it as it "
                "is where the evidence is ambiguous or there is none";
  return {assumed == 0, static_cast<double>(assumed), 0, "", reason};
}
}  // namespace

const GateRow& clock_gate() {
  static const GateRow row{
      "clock",
      "Streams with an assumed clock: not stated, not measured, or measured as ambiguous",
      {streams_option("all streams")},
      &run};
  return row;
}

}  // namespace reelcell::curate
