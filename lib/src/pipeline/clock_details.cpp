// What session.json says of a clock beyond offset and drift: points, evidence, what was measured.
#include "reelcell/base/error.hpp"
#include "reelcell/pipeline/clocks.hpp"

namespace reelcell::pipeline {

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
    if (!details.points.empty() || !details.measure.is_null() || !details.measured.is_null())
      out.emplace(stream.text("name"), std::move(details));
  }
  return out;
}

timeline::ClockMap clock_map_of(const ClockSpec& spec, const ClockDetails& details) {
  const bool measured = !details.measured.is_null();
  if (!details.points.empty())
    return timeline::map_through(details.points, measured ? "measured" : "given");
  timeline::ClockMap map = timeline::ClockMap::from_spec(spec);
  return measured ? timeline::ClockMap(map.knots(), "measured") : map;
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
  clock["source"] = m.clock->source;
  clock["measured"] = to_json(m);
  for (const char* key : {"stream", "candidates", "windows", "offset_ns", "reference_ns", "pairs"})
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
