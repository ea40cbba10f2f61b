// Task phases: borders from several sources, those of a better one first.
#include <algorithm>

#include "internal/borders.hpp"
#include "internal/levels.hpp"
#include "internal/motion.hpp"
#include "internal/phases.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/base/json.hpp"

namespace reelcell::segment {
namespace {
std::vector<OptionSpec> source_options() {
  return {{.name = "signal", .optional = true},
          {.name = "stream", .optional = true},
          {.name = "where", .type = OptionType::kExpression, .optional = true},
          {.name = "edge",
           .type = OptionType::kChoice,
           .fallback = "both",
           .choices = {"both", "rise", "fall"}},
          quantity_option({.name = "threshold", .fallback = 0.5}),
          quantity_option({.name = "hysteresis", .fallback = 0}),
          {.name = "bounce", .type = OptionType::kDuration, .fallback = "50ms"},
          {.name = "signal_is",
           .type = OptionType::kChoice,
           .fallback = "speed",
           .choices = {"speed", "position"}},
          {.name = "weights", .type = OptionType::kJson, .fallback = Json::array()},
          {.name = "smooth", .type = OptionType::kDuration, .fallback = "10ms"},
          {.name = "max_gap", .type = OptionType::kDuration, .fallback = "200ms"},
          quantity_option({.name = "v_in", .fallback = 0.05}),
          quantity_option({.name = "v_out", .fallback = 0.1}),
          {.name = "passes", .type = OptionType::kBool, .fallback = false},
          {.name = "pass_depth", .type = OptionType::kNumber, .fallback = 0.5},
          {.name = "min_length", .type = OptionType::kDuration, .fallback = "0s"},
          {.name = "merge_gap", .type = OptionType::kDuration, .fallback = "200ms"}};
}

std::string required(const OptionValues& options, const char* name) {
  if (!options.has(name)) throw InputError(options.where() + "/" + name, "is missing");
  return options.text(name);
}

std::vector<Border> level_borders(const OptionValues& options, SessionSignals& signals) {
  required(options, "signal");
  const LevelRequest request = parse_level_request(options, signals.session(), "signal", "bounce");
  const std::string edge = options.text("edge");
  const std::vector<Stretch> stretches = find_stretches(request, signals);
  std::vector<Border> borders;
  for (std::size_t i = 1; i < stretches.size(); ++i) {
    const Stretch& stretch = stretches[i];
    if (edge != "both" && (edge == "rise") != stretch.high) continue;
    borders.push_back(
        {stretch.start, stretch.begin, request.signal.text + (stretch.high ? " rises" : " falls")});
  }
  return borders;
}

std::vector<Border> event_borders(const OptionValues& options, SessionSignals& signals,
                                  const EventPredicateCompiler& compile) {
  const std::string stream = required(options, "stream");
  stream_named(stream, signals.session(), StreamKind::kEvents, options.where() + "/stream");
  EventPredicate wanted = [](const Event&) { return true; };
  std::string text = stream;
  if (options.has("where")) {
    wanted = compile(options.text("where"), options.where() + "/where");
    text += " where " + options.text("where");
  }
  std::vector<Border> borders;
  each_window(signals.extent(), [&](TimeRange window) {
    for (const Event& event : signals.events(stream, window))
      if (wanted(event)) borders.push_back({event.time, {text, std::nullopt}, text});
  });
  return borders;
}

/// A phase ends where the arm comes to rest, or where it is slowest on its way.
std::vector<Border> stop_borders(const OptionValues& options, SessionSignals& signals) {
  required(options, "signal");
  const DwellRequest request = parse_dwell_request(options, signals.session());
  std::vector<Border> borders;
  for (const Dwell& dwell : find_dwells(request, signals)) {
    if (dwell.start <= signals.extent().start) continue;
    if (dwell.pass)
      borders.push_back({dwell.slowest_at, dwell.begin, "slow"});
    else
      borders.push_back({dwell.start, dwell.begin, "stop"});
  }
  return borders;
}

std::vector<Border> borders_of(const Json& source, const std::string& where,
                               SessionSignals& signals, const EventPredicateCompiler& compile) {
  JsonObject object(source, where);
  const std::string kind = object.text("kind");
  const OptionValues options = OptionValues::parse(source, phase_source_options(), where, {"kind"});
  if (kind == "state" || kind == "gripper") return level_borders(options, signals);
  if (kind == "events") return event_borders(options, signals, compile);
  if (kind == "stop") return stop_borders(options, signals);
  throw InputError(where + "/kind",
                   unknown_name("source", kind, {"state", "events", "gripper", "stop"}));
}

std::vector<Segment> run(const OptionValues& options, SessionSignals& signals,
                         const EventPredicateCompiler& compile, Diagnostics&) {
  const Json& sources = options.json("sources");
  if (!sources.is_array() || sources.empty())
    throw InputError(options.where() + "/sources", "expected a list of at least one source");
  const Nanos merge = options.duration("merge");
  const TimeRange extent = signals.extent();
  if (extent.empty()) return {};
  std::vector<Border> kept;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const std::string where = options.where() + "/sources/" + std::to_string(i);
    std::vector<Border> more = borders_of(sources[i], where, signals, compile);
    // What a better source has said within reach is not said again.
    std::erase_if(more, [&](const Border& border) {
      return std::any_of(kept.begin(), kept.end(), [&](const Border& better) {
        return border.time - better.time < merge && better.time - border.time < merge;
      });
    });
    std::move(more.begin(), more.end(), std::back_inserter(kept));
  }
  sort_by_time(kept);
  kept.push_back({extent.end, {"session", std::nullopt}, "session ends"});
  return between_borders(extent, std::move(kept), {"phase", "phase", "ends_with"});
}
}  // namespace

const std::vector<OptionSpec>& phase_source_options() {
  static const std::vector<OptionSpec> specs = source_options();
  return specs;
}

const SegmenterRow& phases_segmenter() {
  static const SegmenterRow row{
      "phases",
      "Phases of a task: borders from states, events, the gripper and the motion",
      {{.name = "sources",
        .type = OptionType::kJson,
        .help = "Where borders come from, the most trusted first: objects with kind state, events, "
                "gripper or stop and that source's options"},
       {.name = "merge",
        .type = OptionType::kDuration,
        .fallback = "200ms",
        .help = "A border this near one of a better source is the same border; 0 = keep all"}},
      run};
  return row;
}

}  // namespace reelcell::segment
