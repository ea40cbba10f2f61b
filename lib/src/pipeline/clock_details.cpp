// What session.json says of a clock beyond offset and drift: points, evidence, what was measured.
#include "reelcell/base/error.hpp"
#include "reelcell/pipeline/clocks.hpp"

namespace reelcell::pipeline {
namespace {

/// Frames are in the order of their times, so what would be told of them by the order in which they
/// are stored is not there any more.
void check_joinable(JsonObject& stream, const JsonObject& clock) {
  const StreamKind kind = parse_stream_kind(stream.text("kind"));
  if (kind == StreamKind::kSeries || kind == StreamKind::kEvents) return;
  clock.fail(clock.has("wrap") ? "wrap" : "breaks",
             "is for series and events, this stream is " + std::string(to_string(kind)) +
                 "; undo the wraps in the table of its frames' times (\"times\") instead");
}

}  // namespace

std::map<std::string, ClockDetails> read_clock_details(const fs::path& session_file) {
  std::map<std::string, ClockDetails> out;
  const Json document = read_json_file(session_file);
  JsonObject object(document, session_file.string() + ": ");
  for (JsonObject& stream : object.objects("streams")) {
    auto clock = stream.object("clock");
    if (!clock) continue;
    ClockDetails details;
    for (JsonObject& entry : clock->objects("points")) {
      details.points.push_back(
          {stream_time(entry.integer("stream_ns")), session_time(entry.integer("session_ns"))});
      entry.finish();
    }
    if (!details.points.empty())
      at_place(clock->where("points"), [&] { timeline::map_through(details.points, "given"); });
    if (const Json* measure = clock->find("measure")) details.measure = *measure;
    if (const Json* measured = clock->find("measured")) details.measured = *measured;
    details.join = timeline::join_from_json(*clock);
    if (!details.join.empty()) check_joinable(stream, *clock);
    if (!details.points.empty() || !details.measure.is_null() || !details.measured.is_null() ||
        !details.join.empty())
      out.emplace(stream.text("name"), std::move(details));
  }
  return out;
}

timeline::ClockMap clock_map_of(const ClockSpec& spec, const ClockDetails& details) {
  const bool measured = !details.measured.is_null();
  if (!details.points.empty())
    return timeline::map_through(details.points, measured ? "measured" : "given")
        .with_join(details.join);
  const timeline::ClockMap map = timeline::ClockMap::from_spec(spec);
  return (measured ? timeline::ClockMap(map.knots(), "measured") : map).with_join(details.join);
}

namespace {

/// Everything in the old clock that is not replaced stays: comments, the evidence.
Json clock_json(const ClockMeasurement& m, const Json& before) {
  Json clock = Json::object();
  for (const char* key : {"comment", "measure"})
    if (before.contains(key)) clock[key] = before.at(key);
  if (m.points.empty()) {
    clock["offset_ns"] = m.clock->offset.count();
    clock["drift_ppm"] = m.clock->drift_ppm;
    clock["reference_ns"] = ns_of(m.clock->reference);
  } else {
    for (const auto& point : m.points)
      clock["points"].push_back(
          {{"stream_ns", ns_of(point.stream)}, {"session_ns", ns_of(point.session)}});
  }
  timeline::put_join(m.join, clock);
  clock["source"] = m.clock->source;
  clock["measured"] = to_json(m);
  for (const char* key :
       {"stream", "candidates", "windows", "offset_ns", "reference_ns", "pairs", "breaks", "wrap"})
    clock["measured"].erase(key);
  return clock;
}

}  // namespace

void write_clocks(const fs::path& session_folder,
                  const std::vector<ClockMeasurement>& measurements) {
  const fs::path file = session_folder / "session.json";
  if (!fs::exists(file))
    throw InputError(session_folder.string(),
                     "has no session.json to write clocks into; 'reelcell init' makes one");
  Json document = read_json_file(file);
  for (const ClockMeasurement& m : measurements)
    for (Json& stream : document.at("streams"))
      if (m.clock && stream.at("name") == m.stream)
        stream["clock"] = clock_json(m, stream.value("clock", Json::object()));
  write_file_atomic(file, dump_json(document));
}

}  // namespace reelcell::pipeline
