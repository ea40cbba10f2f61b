// reelcell-make-session: makes a seat-inspection session with everything that makes real ones hard,
// and writes down the truth beside it.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <thread>

#include "documents.hpp"
#include "logs.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/base/file.hpp"
#include "scene.hpp"

extern "C" {
#include <libavutil/log.h>
}

namespace reelcell::sample {
namespace {

void declare_robot(CLI::App& app, Options& o) {
  const char* group = "Robot";
  const auto add = [&](const char* name, auto& value, const char* help) {
    return app.add_option(name, value, help)->group(group)->capture_default_str();
  };
  add("--points", o.points, "planned inspection points")->check(CLI::Range(2, 2000));
  add("--duration", o.duration, "length of the session, s")->check(CLI::Range(1.0, 3600.0));
  add("--burst", o.burst, "points visited in one go before a longer move")
      ->check(CLI::Range(1, 1000));
  add("--cycle-ms", o.cycle_ms, "one point within a burst, move and dwell, ms")
      ->check(CLI::Range(130.0, 10000.0));
  add("--skip", o.skip, "planned points that are never visited")->check(CLI::Range(0, 1000));
  add("--repeat", o.repeat, "points that are visited twice")->check(CLI::Range(0, 1000));
  add("--swap", o.swap, "pairs of points visited in the wrong order")->check(CLI::Range(0, 1000));
  app.add_flag("--periodic", o.periodic,
               "one strictly even rhythm from start to end: no correlation can find the offset")
      ->group(group);
}

void declare_clocks(CLI::App& app, Options& o) {
  const char* group = "Clocks (session = stream + offset + drift * stream)";
  const auto add = [&](const char* name, double& value, const char* help) {
    return app.add_option(name, value, help)->group(group)->capture_default_str();
  };
  const CLI::Range offset(-10000.0, 10000.0), drift(-1000.0, 1000.0);
  add("--offset-ms", o.offset_ms, "front camera, ms")->check(CLI::Range(0.0, 10000.0));
  add("--drift-ppm", o.drift_ppm, "front camera, ppm")->check(drift);
  add("--wrist-offset-ms", o.wrist_offset_ms, "wrist camera, ms")->check(CLI::Range(0.0, 10000.0));
  add("--wrist-drift-ppm", o.wrist_drift_ppm, "wrist camera, ppm")->check(drift);
  add("--robot-offset-ms", o.robot_offset_ms, "joint controller, ms")->check(offset);
  add("--robot-drift-ppm", o.robot_drift_ppm, "joint controller, ppm")->check(drift);
  add("--force-offset-ms", o.force_offset_ms, "force sensor, ms")->check(offset);
  add("--force-drift-ppm", o.force_drift_ppm, "force sensor, ppm")->check(drift);
  add("--station-offset-ms", o.station_offset_ms, "inspection computer, ms")
      ->check(CLI::Range(-10000.0, 0.0));
  add("--station-drift-ppm", o.station_drift_ppm, "inspection computer, ppm")->check(drift);
  app.add_flag("--clock-known,!--clock-unknown", o.clock_known,
               "state the true offsets and drifts in session.json, or leave them out (default: "
               "known)")
      ->group(group);
}

void declare_cameras(CLI::App& app, Options& o) {
  const char* group = "Cameras";
  const auto add = [&](const char* name, auto& value, const char* help) {
    return app.add_option(name, value, help)->group(group)->capture_default_str();
  };
  const CLI::Range fps(1.0, 240.0), rate(0.0, 1.0), pixels(64, 1920);
  add("--front-fps", o.front_fps, "front camera, frames a second")->check(fps);
  add("--wrist-fps", o.wrist_fps, "wrist camera, frames a second")->check(fps);
  add("--width", o.width, "front camera, px (even)")->check(pixels);
  add("--height", o.height, "front camera, px (even)")->check(pixels);
  add("--wrist-width", o.wrist_width, "wrist camera, px (even)")->check(pixels);
  add("--wrist-height", o.wrist_height, "wrist camera, px (even)")->check(pixels);
  add("--exposure-ms", o.exposure_ms, "exposure time, ms")->check(CLI::Range(0.0, 30.0));
  add("--jitter-ms", o.jitter_ms, "standard deviation of the frame stamps, ms")
      ->check(CLI::Range(0.0, 10.0));
  add("--drop-rate", o.drop_rate, "share of frames lost one by one, 0..1")
      ->check(CLI::Range(0.0, 0.9));
  add("--stall-ms", o.stall_ms, "one stretch without frames of the front camera, ms; 0 = none")
      ->check(CLI::Range(0.0, 10000.0));
  add("--crf", o.crf, "H.264 quality, 0 (lossless) to 51")->check(CLI::Range(0, 51));
  add("--gop", o.gop, "frames between key frames")->check(CLI::Range(1, 600));
  add("--noise", o.noise, "standard deviation of sensor noise, grey levels; 0 = none")
      ->check(CLI::Range(0.0, 50.0));
  add("--flicker", o.flicker, "depth of a 100 Hz light modulation, 0..1; 0 = none")->check(rate);
  app.add_flag("--person", o.person, "a person walks through the front camera's picture")
      ->group(group);
}

void declare_verdicts(CLI::App& app, Options& o) {
  const char* group = "Inspection";
  const CLI::Range rate(0.0, 1.0);
  const auto add = [&](const char* name, double& value, const char* help) {
    app.add_option(name, value, help)->group(group)->capture_default_str()->check(rate);
  };
  add("--ng-rate", o.ng_rate, "share of points with a defect, 0..1");
  add("--undecided-rate", o.undecided_rate, "share of verdicts neither OK nor NG, 0..1");
  add("--error-rate", o.error_rate, "share of verdicts that are wrong, 0..1");
}

void film(const std::filesystem::path& folder, const Options& options, const Seat& seat,
          const Motion& motion, const CameraTruth& camera, Scene::View view) {
  Scene scene(seat, motion, options, view);
  CameraFile file(folder / (camera.name + ".mp4"), camera, options);
  for (const FrameTruth& frame : camera.frames) file.add(scene.draw(frame.mid_ns, frame.trigger));
  file.close();
}

/// Both cameras at once; each draws from its own random sequence, so the bytes stay the same.
void film_both(const std::filesystem::path& folder, const Options& options, const Made& made) {
  const Seat seat(made.motion.plan, options.seed);
  std::exception_ptr failure;
  std::thread other([&] {
    try {
      film(folder, options, seat, made.motion, made.wrist, Scene::View::kWrist);
    } catch (...) {
      failure = std::current_exception();
    }
  });
  try {
    film(folder, options, seat, made.motion, made.front, Scene::View::kFront);
  } catch (...) {
    other.join();
    throw;
  }
  other.join();
  if (failure) std::rethrow_exception(failure);
}

Made plan_session(const Options& options) {
  Made made;
  made.motion = make_motion(options);
  made.front = plan_camera(options, "front", 40);
  made.wrist = plan_camera(options, "wrist", 41);
  made.robot = DeviceClock::from(options.robot_offset_ms, options.robot_drift_ppm);
  made.force = DeviceClock::from(options.force_offset_ms, options.force_drift_ppm);
  made.station = DeviceClock::from(options.station_offset_ms, options.station_drift_ppm);
  made.visits = make_visits(options, made.motion, made.front, made.wrist);
  return made;
}

void make_session(const Options& options) {
  const Made made = plan_session(options);
  const std::filesystem::path folder = options.out;
  make_folders(folder);
  // session.json comes last: where it is, the session is whole.
  std::error_code ignored;
  std::filesystem::remove(folder / "session.json", ignored);
  write_joints(folder / "joints.csv", options, made.motion, made.robot);
  write_force(folder / "force.csv", options, made.motion, made.force);
  write_plc(folder / "plc.jsonl", options, made.motion, made.visits);
  write_verdicts(folder / "verdicts.csv", made.motion, made.visits, made.station);
  write_file_atomic(folder / "plan.json", dump_table_json(plan_document(options, made.motion)));
  film_both(folder, options, made);
  write_file_atomic(folder / "truth.json", dump_table_json(truth_document(options, made)));
  write_file_atomic(folder / "session.json", dump_json(session_document(options, made)));
  fmt::print(
      "{}: {} visits to {} points in {} s; front {} frames ({} lost), wrist {} frames ({} "
      "lost)\n",
      options.out, made.visits.size(), made.motion.plan.size(), options.duration,
      made.front.frames.size(), made.front.lost.size(), made.wrist.frames.size(),
      made.wrist.lost.size());
}

int run(int argc, char** argv) {
  av_log_set_level(AV_LOG_ERROR);  // x264 reports on every encode otherwise
  Options options;
  CLI::App app{
      "Makes a seat-inspection session: two cameras, joints, force, PLC steps, verdicts, a plan, "
      "and truth.json with everything true about them. The same seed gives the same bytes."};
  app.name("reelcell-make-session");
  app.set_version_flag("--version", std::string("reelcell-make-session ") + REELCELL_VERSION);
  app.add_option("--out,out", options.out, "folder to write the session into")->required();
  app.add_option("--seed", options.seed, "of everything random")->capture_default_str();
  app.add_option("--id", options.id, "session and part name")->capture_default_str();
  declare_robot(app, options);
  declare_clocks(app, options);
  declare_cameras(app, options);
  declare_verdicts(app, options);
  try {
    app.parse(argc, argv);
    for (const int pixels :
         {options.width, options.height, options.wrist_width, options.wrist_height})
      if (pixels % 2) throw CLI::ValidationError("picture sizes must be even numbers of px");
    if (options.skip >= options.points)
      throw CLI::ValidationError("--skip must leave at least one point");
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  try {
    make_session(options);
    return 0;
  } catch (const PlanError& error) {
    fmt::print(stderr, "reelcell-make-session: {}\n", error.what());
    return 2;
  } catch (const std::exception& error) {
    fmt::print(stderr, "reelcell-make-session: {}\n", error.what());
    return 1;
  }
}

}  // namespace
}  // namespace reelcell::sample

int main(int argc, char** argv) { return reelcell::sample::run(argc, argv); }
