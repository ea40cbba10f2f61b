// session.json in and out.
#include "reelcell/base/error.hpp"
#include "reelcell/pipeline/session.hpp"

namespace reelcell::pipeline {
namespace {

ClockSpec read_clock(JsonObject object) {
  ClockSpec clock;
  const bool by_points = object.has("points");
  for (const char* key : {"points", "measure", "measured", "breaks", "wrap"}) object.ignore(key);
  if (by_points)
    for (const char* key : {"offset_ns", "drift_ppm", "reference_ns"})
      if (object.has(key))
        object.fail(key, "a clock is given by \"points\" or by an offset, not by both");
  // Evidence to measure by, a comment or nothing at all states nothing: such a clock is assumed.
  clock.stated =
      by_points || object.has("offset_ns") || object.has("drift_ppm") || object.has("measured");
  clock.offset = Nanos(object.integer_or("offset_ns", 0));
  clock.drift_ppm = object.number_or("drift_ppm", 0);
  clock.reference = stream_time(object.integer_or("reference_ns", 0));
  clock.source = object.text_or("source", "session.json");
  if (!(clock.drift_ppm > -100'000 && clock.drift_ppm < 100'000))
    object.fail("drift_ppm", "found " + std::to_string(clock.drift_ppm) +
                                 ", expected between -100000 and 100000");
  object.finish();
  return clock;
}

/// Up to an hour: what a stream holds back takes memory.
Nanos read_window(JsonObject& object, StreamKind kind) {
  const char* const key = "reorder_window_ms";
  constexpr std::int64_t kMost = 3'600'000;
  const std::int64_t ms = object.integer(key);
  if (kind != StreamKind::kSeries && kind != StreamKind::kEvents)
    object.fail(key, "is for series and events, this stream is " + std::string(to_string(kind)));
  if (ms < 0 || ms > kMost)
    object.fail(key, "found " + std::to_string(ms) + ", expected 0 to " + std::to_string(kMost));
  return std::chrono::milliseconds(ms);
}

StreamSpec read_stream(JsonObject object) {
  StreamSpec stream;
  stream.name = object.text("name");
  if (stream.name.empty()) object.fail("name", "is empty; a stream needs a name");
  stream.kind =
      at_place(object.where("kind"), [&] { return parse_stream_kind(object.text("kind")); });
  stream.source.path = object.text("path");
  stream.source.format = object.text_or("format", "");
  stream.source.item = object.text_or("item", "");
  stream.source.episode = object.text_or("episode", "");
  if (const Json* options = object.find("options")) stream.source.options = *options;
  if (auto clock = object.object("clock")) stream.clock = read_clock(*clock);
  if (object.find("rate_hz")) {
    stream.rate_hz = object.number("rate_hz");
    if (*stream.rate_hz <= 0) object.fail("rate_hz", "found a rate that is not above 0");
  }
  stream.stamp = at_place(object.where("stamp"),
                          [&] { return parse_stamp_point(object.text_or("stamp", "unknown")); });
  if (object.find("exposure_us")) {
    if (object.integer("exposure_us") < 0)
      object.fail("exposure_us", "found a negative time; expected that of one exposure");
    stream.exposure = Nanos(mul_div(object.integer("exposure_us"), 1000, 1, Rounding::kNearest));
  }
  if (object.find("reorder_window_ms")) stream.reorder_window = read_window(object, stream.kind);
  stream.role = object.text_or("role", "");
  stream.time_field = object.text_or("time_field", "");
  object.finish();
  return stream;
}

}  // namespace

SessionDescription read_session_file(const fs::path& file) {
  const Json document = read_json_file(file);
  JsonObject object(document, file.string() + ": ");
  const std::int64_t version = object.integer("version");
  if (version != 1)
    object.fail("version",
                "found " + std::to_string(version) + ", this program reads version 1; update it");
  SessionDescription session;
  session.folder = file.parent_path().empty() ? "." : file.parent_path().string();
  session.id = object.text("id");
  if (session.id.empty()) object.fail("id", "is empty; every session needs its own id");
  if (auto clock = object.object("clock")) {
    session.clock_epoch = clock->text_or("epoch", "unknown");
    clock->finish();
  }
  if (auto attributes = object.object("attributes"))
    for (const auto& [key, value] : object.raw("attributes").items())
      session.attributes.emplace_back(key, value_from_json(value));
  for (JsonObject& entry : object.objects("streams")) {
    StreamSpec stream = read_stream(entry);
    if (session.stream(stream.name))
      entry.fail("name", "'" + stream.name +
                             "' is used by two streams; stream names are unique in a session");
    session.streams.push_back(std::move(stream));
  }
  if (session.streams.empty()) object.fail("streams", "holds no stream; name at least one file");
  if (const Json* plan = object.find("plan")) {
    if (plan->is_string()) session.plan_file = plan->get<std::string>();
    if (!plan->is_string()) {
      session.plan = *plan;
    } else {
      const fs::path path = safe_join(session.folder, session.plan_file);
      try {
        session.plan = read_json_file(path);
      } catch (const InputError&) {
        // OpenSession::open() counts it.
      }
    }
  }
  object.finish();
  return session;
}

Json session_to_json(const SessionDescription& session) {
  Json streams = Json::array();
  for (const StreamSpec& stream : session.streams) {
    Json entry = {{"name", stream.name},
                  {"kind", std::string(to_string(stream.kind))},
                  {"path", stream.source.path}};
    if (!stream.source.format.empty()) entry["format"] = stream.source.format;
    if (!stream.source.item.empty()) entry["item"] = stream.source.item;
    if (!stream.source.episode.empty()) entry["episode"] = stream.source.episode;
    if (!stream.source.options.empty()) entry["options"] = stream.source.options;
    if (stream.clock.stated)
      entry["clock"] = {{"offset_ns", stream.clock.offset.count()},
                        {"drift_ppm", stream.clock.drift_ppm},
                        {"reference_ns", ns_of(stream.clock.reference)},
                        {"source", stream.clock.source}};
    if (stream.rate_hz) entry["rate_hz"] = *stream.rate_hz;
    if (stream.stamp != StampPoint::kUnknown) entry["stamp"] = std::string(to_string(stream.stamp));
    if (stream.exposure) entry["exposure_us"] = stream.exposure->count() / 1000;
    if (stream.reorder_window != kReorderWindow)
      entry["reorder_window_ms"] =
          std::chrono::duration_cast<std::chrono::milliseconds>(stream.reorder_window).count();
    if (!stream.role.empty()) entry["role"] = stream.role;
    if (!stream.time_field.empty()) entry["time_field"] = stream.time_field;
    streams.push_back(std::move(entry));
  }
  Json attributes = Json::object();
  for (const auto& [key, value] : session.attributes) attributes[key] = to_json(value);
  Json document = {{"version", 1},
                   {"id", session.id},
                   {"clock", {{"epoch", session.clock_epoch}}},
                   {"attributes", attributes},
                   {"streams", streams}};
  if (!session.plan.is_null()) document["plan"] = session.plan;
  return document;
}

}  // namespace reelcell::pipeline
