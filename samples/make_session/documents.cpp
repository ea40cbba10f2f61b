#include "documents.hpp"

#include <fmt/format.h>

namespace reelcell::sample {
namespace {

Json numbered(const char* prefix, const char* unit) {
  Json names = Json::array();
  for (int i = 1; i <= 7; ++i) names.push_back(fmt::format("{}{}", prefix, i));
  std::string name = prefix;
  return {{"name", name}, {"from", names}, {"unit", unit}, {"dtype", "float64"}};
}

Json stream(const char* name, const char* kind, const char* path, const char* format,
            Json options) {
  Json json = {{"name", name}, {"kind", kind}, {"path", path}, {"format", format}};
  if (!options.empty()) json["options"] = std::move(options);
  return json;
}

Json video_stream(const CameraTruth& camera) {
  const std::string file = camera.name + ".mp4";
  Json json = stream(camera.name.c_str(), "video", file.c_str(), "video", Json::object());
  json["rate_hz"] = camera.fps;
  json["stamp"] = "exposure_start";
  json["exposure_us"] = camera.exposure_ns / 1000;
  return json;
}

Json pose_json(const Pose& pose) {
  return {{"u_m", pose.u},
          {"v_m", pose.v},
          {"h_m", pose.h},
          {"tilt_u_rad", pose.tilt_u},
          {"tilt_v_rad", pose.tilt_v},
          {"roll_rad", pose.roll}};
}

Json camera_truth(const CameraTruth& camera) {
  Json trigger = Json::array(), pts = Json::array(), start = Json::array(), mid = Json::array();
  for (const FrameTruth& frame : camera.frames) {
    trigger.push_back(frame.trigger);
    pts.push_back(frame.pts);
    start.push_back(frame.start_ns);
    mid.push_back(frame.mid_ns);
  }
  Json lost = Json::array();
  for (const LostFrame& frame : camera.lost)
    lost.push_back(
        {{"trigger", frame.trigger}, {"mid_ns", frame.mid_ns}, {"reason", frame.reason}});
  return {{"fps", camera.fps},
          {"width", camera.width},
          {"height", camera.height},
          {"timescale", kTimescale},
          {"exposure_ns", camera.exposure_ns},
          {"written", camera.frames.size()},
          {"lost", lost},
          {"trigger", trigger},
          {"pts", pts},
          {"exposure_start_ns", start},
          {"exposure_mid_ns", mid}};
}

Json evidence_json(const Evidence& evidence) {
  if (!evidence.found) return nullptr;
  return {{"ordinal", evidence.ordinal}, {"pts", evidence.pts}, {"mid_ns", evidence.mid_ns}};
}

Json visit_json(const Motion& motion, const VisitTruth& visit) {
  const PlannedPoint& point = motion.plan[static_cast<std::size_t>(visit.point)];
  Json json = {
      {"visit", visit.visit},
      {"point", point.id},
      {"start_ns", visit.start_ns},
      {"end_ns", visit.end_ns},
      {"plc_move_ns", visit.plc_move_ns},
      {"plc_start_ns", visit.plc_start_ns},
      {"plc_end_ns", visit.plc_end_ns},
      {"result", visit.result},
      {"score", visit.score},
      {"verdict_ns", visit.verdict_ns},
      {"defect", nullptr},
      {"evidence", {{"front", evidence_json(visit.front)}, {"wrist", evidence_json(visit.wrist)}}}};
  if (!point.defect.empty()) json["defect"] = point.defect;
  return json;
}

}  // namespace

Json session_document(const Options& options, const Made& made) {
  Json joints = stream("joints", "series", "joints.csv", "csv",
                       {{"time_column", "t"},
                        {"time_unit", "s"},
                        {"columns", {numbered("q", "rad"), numbered("dq", "rad/s")}}});
  joints["rate_hz"] = 500;
  Json force = stream(
      "force", "series", "force.csv", "csv",
      {{"time_column", "t_us"},
       {"time_unit", "us"},
       {"columns",
        {{{"name", "force"}, {"from", {"fx", "fy", "fz"}}, {"unit", "N"}, {"dtype", "float64"}},
         {{"name", "torque"},
          {"from", {"tx", "ty", "tz"}},
          {"unit", "N*m"},
          {"dtype", "float64"}}}}});
  force["rate_hz"] = 1000;
  Json plc = stream("plc", "events", "plc.jsonl", "jsonl",
                    {{"time_column", "t_ns"}, {"time_unit", "ns"}, {"kind_column", "event"}});
  plc["role"] = "plc";
  Json verdicts = stream("verdicts", "events", "verdicts.csv", "csv",
                         {{"time_column", "t_ms"}, {"time_unit", "ms"}, {"kind", "verdict"}});
  verdicts["role"] = "verdicts";
  Json front = video_stream(made.front), wrist = video_stream(made.wrist);
  // The PLC's clock is the session clock: that one is known by definition.
  plc["clock"] = DeviceClock{}.json();
  if (options.clock_known) {
    front["clock"] = made.front.clock.json();
    wrist["clock"] = made.wrist.clock.json();
    joints["clock"] = made.robot.json();
    force["clock"] = made.force.json();
    verdicts["clock"] = made.station.json();
  }
  return {{"version", 1},
          {"id", options.id},
          {"clock", {{"epoch", "boot"}}},
          {"attributes",
           {{"cell", "A3"},
            {"line", "L1"},
            {"part", options.id},
            {"seat_model", "seat_a"},
            {"operator", "sample"},
            {"robot", "sample-arm-7"}}},
          {"streams", {front, wrist, joints, force, plc, verdicts}},
          {"plan", "plan.json"}};
}

Json plan_document(const Options& options, const Motion& motion) {
  Json points = Json::array();
  for (const PlannedPoint& point : motion.plan)
    points.push_back({{"id", point.id},
                      {"order", point.order},
                      {"pose", pose_json(point.pose)},
                      {"joints", inverse(point.pose)}});
  return {{"version", 1},
          {"part", "seat_a"},
          {"stream", "joints"},
          {"column", "q"},
          {"cycle_ms", options.cycle_ms},
          {"points", points}};
}

Json truth_document(const Options& options, const Made& made) {
  const Motion& motion = made.motion;
  Json visits = Json::array();
  for (const VisitTruth& visit : made.visits) visits.push_back(visit_json(motion, visit));
  Json defects = Json::array();
  for (const PlannedPoint& point : motion.plan)
    if (!point.defect.empty()) defects.push_back({{"point", point.id}, {"defect", point.defect}});
  Json moves = Json::array();
  for (const Move& move : motion.moves)
    moves.push_back({{"start_ns", move.start_ns},
                     {"end_ns", move.end_ns},
                     {"profile", move.long_move ? "trapezoid" : "minimum_jerk"}});
  return {{"version", 1},
          {"seed", options.seed},
          {"session", options.id},
          {"duration_ns", motion.duration_ns},
          {"clocks",
           {{"front", made.front.clock.json()},
            {"wrist", made.wrist.clock.json()},
            {"joints", made.robot.json()},
            {"force", made.force.json()},
            {"plc", DeviceClock{}.json()},
            {"verdicts", made.station.json()}}},
          {"visits", visits},
          {"defects", defects},
          {"moves", moves},
          {"front", camera_truth(made.front)},
          {"wrist", camera_truth(made.wrist)}};
}

std::string dump_table_json(const Json& document) {
  std::string text = "{";
  const char* separator = "\n";
  for (const auto& [key, value] : document.items()) {
    text += fmt::format("{}  {}: ", separator, Json(key).dump());
    if (value.is_array() && !value.empty() && value.front().is_object()) {
      const char* comma = "[\n    ";
      for (const Json& row : value) {
        text += comma + row.dump();
        comma = ",\n    ";
      }
      text += "]";
    } else {
      text += value.dump();
    }
    separator = ",\n";
  }
  return text + "\n}\n";
}

}  // namespace reelcell::sample
