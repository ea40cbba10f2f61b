#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <opencv2/core.hpp>
#include <set>

#include "../../../samples/make_session/documents.hpp"
#include "../../../samples/make_session/logs.hpp"
#include "../../../samples/make_session/scene.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/base/file.hpp"
#include "support/support.hpp"

namespace reelcell::test {
namespace {

using namespace sample;

TEST(DeviceClock, MapsBackWithinOneNanosecond) {
  const DeviceClock clock = DeviceClock::from(137.25, 35);
  for (const std::int64_t t : {0ll, 1ll, 40'000'000'000ll, 123'456'789'012ll})
    EXPECT_LE(std::abs(clock.to_stream(clock.to_session(t)) - t), 1);
  EXPECT_EQ(clock.to_session(40'000'000'000), 40'000'000'000 + 137'250'000 + 1'400'000);
}

TEST(Arm, InverseLeadsBackToThePose) {
  for (const double u : {-0.24, 0.0, 0.24})
    for (const double v : {0.06, 0.5, 0.94}) {
      const ArmState arm = forward(inverse({u, v, 0.22, 0.1, -0.08, 0.3}));
      EXPECT_NEAR(arm.aim_u, u, 1e-9);
      EXPECT_NEAR(arm.aim_v, v, 1e-9);
      EXPECT_NEAR(arm.head_h, 0.22, 1e-9);
      EXPECT_NEAR(arm.turn, 0.3, 1e-9);
    }
}

TEST(Motion, VisitsEveryPointInBurstsOfFiveASecond) {
  const Motion motion = make_motion({});
  ASSERT_EQ(motion.visits.size(), 105u);
  std::set<int> points;
  for (std::size_t i = 0; i < motion.visits.size(); ++i) {
    const Visit& visit = motion.visits[i];
    points.insert(visit.point);
    const double dwell_ms = static_cast<double>(visit.end_ns - visit.start_ns) / 1e6;
    EXPECT_GE(dwell_ms, 60);
    EXPECT_LE(dwell_ms, 120);
    if (i % 5 == 0) continue;
    EXPECT_NEAR(static_cast<double>(visit.end_ns - motion.visits[i - 1].end_ns) / 1e6, 200, 1e-6);
  }
  EXPECT_EQ(points.size(), 105u);
  EXPECT_LE(motion.visits.back().end_ns, motion.duration_ns);
}

TEST(Motion, IsContinuousAndStandsStillInADwell) {
  const Motion motion = make_motion({});
  Joints last = motion.position(0);
  for (double t = 0; t < 40e9; t += 1e6) {
    const Joints q = motion.position(t);
    for (std::size_t i = 0; i < q.size(); ++i) EXPECT_LT(std::abs(q[i] - last[i]), 0.05) << t;
    last = q;
  }
  for (const Visit& visit : motion.visits) {
    const Joints v = motion.velocity(static_cast<double>(visit.end_ns) - 1e6);
    for (const double speed : v) EXPECT_LT(std::abs(speed), 0.01);
  }
}

TEST(Motion, KeepsWhatWasAskedFor) {
  Options options;
  options.skip = 3;
  options.repeat = 2;
  EXPECT_EQ(make_motion(options).visits.size(), 104u);
  options = {};
  options.periodic = true;
  const Motion motion = make_motion(options);
  const std::int64_t cycle = motion.visits[1].start_ns - motion.visits[0].start_ns;
  for (std::size_t i = 1; i < motion.visits.size(); ++i)
    EXPECT_EQ(motion.visits[i].start_ns - motion.visits[i - 1].start_ns, cycle);
  options = {};
  options.duration = 20;
  EXPECT_THROW(make_motion(options), PlanError);
}

TEST(Camera, StampsLieAroundTheTruth) {
  Options options;
  const CameraTruth front = plan_camera(options, "front", 40);
  std::int64_t last = -1;
  for (const FrameTruth& frame : front.frames) {
    EXPECT_GT(frame.pts, last);
    last = frame.pts;
    EXPECT_NEAR(static_cast<double>(frame.mid_ns - frame.start_ns), 2e6, 100);  // drift
    EXPECT_NEAR(static_cast<double>(front.clock.to_session(frame.stamp_ns)),
                static_cast<double>(frame.start_ns), 3 * options.jitter_ms * 1e6 + 1000);
  }
  const auto stalled = std::count_if(front.lost.begin(), front.lost.end(), [](const LostFrame& f) {
    return std::string(f.reason) == "stall";
  });
  EXPECT_NEAR(static_cast<double>(stalled), 5.4, 1.0);  // 180 ms at 30 fps
  EXPECT_EQ(front.frames.size() + front.lost.size(),
            static_cast<std::size_t>(front.frames.back().trigger) + 1);
}

TEST(Scene, MovesWithTheJointsAndRestsWithThem) {
  const Options options;
  const Motion motion = make_motion(options);
  const Seat seat(motion.plan, options.seed);
  for (const Scene::View view : {Scene::View::kFront, Scene::View::kWrist}) {
    Options quiet = options;
    quiet.noise = 0;
    Scene scene(seat, motion, quiet, view);
    const Move& move = motion.moves[5];
    const Visit& visit = motion.visits[5];
    const auto change = [&](std::int64_t from, std::int64_t to) {
      const cv::Mat before = scene.draw(from, 0).clone();
      return cv::norm(before, scene.draw(to, 1), cv::NORM_L1) / static_cast<double>(before.total());
    };
    const std::int64_t middle = (move.start_ns + move.end_ns) / 2;
    EXPECT_GT(change(middle - 20'000'000, middle + 20'000'000), 0.5);
    EXPECT_LT(change(visit.end_ns - 20'000'000, visit.end_ns - 1), 0.05);
  }
}

TEST(Plc, WritesItsEventsInOrder) {
  const TempFolder folder;
  Options options;
  const Motion motion = make_motion(options);
  const auto visits = make_visits(options, motion, plan_camera(options, "front", 40),
                                  plan_camera(options, "wrist", 41));
  write_plc(folder / "plc.jsonl", options, motion, visits);
  std::int64_t last = -1;
  std::size_t count = 0;
  std::string text = read_text_file(folder / "plc.jsonl");
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    const Json event = parse_json(text.substr(at, end - at), "plc.jsonl");
    EXPECT_GT(event["t_ns"], last);
    last = event["t_ns"];
    count += event.value("step", "") == "VISIT";
    at = end + 1;
  }
  EXPECT_EQ(count, 105u);
}

std::string make(const fs::path& out, const std::string& options) {
  const char* build = std::getenv("REELCELL_BUILD");  // NOLINT(concurrency-mt-unsafe)
  const CommandResult result =
      run(std::string(build) + "/reelcell-make-session " + out.string() + " " + options);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.err, "");
  return result.out;
}

TEST(MakeSession, GivesTheSameBytesForTheSameSeed) {
  const TempFolder folder;
  const std::string small = "--points 10 --duration 5 --person --flicker 0.1";
  make(folder / "a", small);
  make(folder / "b", small);
  make(folder / "c", small + " --seed 2");
  for (const std::string& file : list_files(folder / "a")) {
    EXPECT_EQ(read_text_file(folder / "a" / file), read_text_file(folder / "b" / file)) << file;
    if (file == "session.json") continue;
    EXPECT_NE(read_text_file(folder / "a" / file), read_text_file(folder / "c" / file)) << file;
  }
}

TEST(MakeSession, WritesTheStampsOfTheTruthIntoTheVideo) {
  const TempFolder folder;
  make(folder / "s", "--points 10 --duration 5 --drop-rate 0.1 --clock-unknown");
  const Json truth = read_json_file(folder / "s/truth.json");
  for (const char* camera : {"front", "wrist"}) {
    const CommandResult probe =
        run("ffprobe -v error -select_streams v:0 -show_entries packet=pts -of json " +
            (folder / "s" / (std::string(camera) + ".mp4")).string());
    Json pts = Json::array();
    const Json packets = parse_json(probe.out, "ffprobe");
    for (const Json& packet : packets["packets"]) pts.push_back(packet["pts"]);
    EXPECT_EQ(pts, truth[camera]["pts"]);
    EXPECT_FALSE(truth[camera]["lost"].empty());
  }
  const Json session = read_json_file(folder / "s/session.json");
  for (const Json& stream : session["streams"])
    EXPECT_EQ(stream.contains("clock"), stream["name"] == "plc") << stream["name"];
}

TEST(MakeSession, RefusesWhatCannotBeWithExitCode2) {
  const TempFolder folder;
  const char* build = std::getenv("REELCELL_BUILD");  // NOLINT(concurrency-mt-unsafe)
  for (const char* options : {"--points 0", "--width 63", "--duration 20", "--nonsense"}) {
    const CommandResult result = run(std::string(build) + "/reelcell-make-session " +
                                     (folder / "x").string() + " " + options);
    EXPECT_EQ(result.exit_code, 2) << options;
    EXPECT_NE(result.err, "") << options;
    EXPECT_FALSE(fs::exists(folder / "x/session.json"));
  }
}

}  // namespace
}  // namespace reelcell::test
