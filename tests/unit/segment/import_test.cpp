#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "reelcell/base/error.hpp"
#include "reelcell/base/file.hpp"
#include "stage.hpp"
#include "support/support.hpp"

namespace reelcell::segment {
namespace {
using test::at_ms;
using test::MemorySignals;
using testing::HasSubstr;
using testing::SizeIs;

/// A session on disk with one label file, and a camera of 25 fps that lost frames 10 to 14 of 100.
struct Labelled {
  explicit Labelled(const std::string& name, const std::string& content) : signals("s") {
    write_file_atomic(folder.path() / name, content);
    signals.description().folder = folder.path().string();
    std::vector<SessionTime> times;
    for (std::int64_t i = 0; i < 100; ++i)
      if (i < 10 || i > 14) times.push_back(at_ms(1000 + 40 * i));
    signals.add_video("front", times);
  }
  std::vector<Segment> run(Json options) { return run_stage("import", options, signals).segments; }
  std::string refusal(Json options) {
    try {
      run(std::move(options));
    } catch (const InputError& error) {
      return error.what();
    }
    return "";
  }
  test::TempFolder folder;
  MemorySignals signals;
};
std::int64_t ms(SessionTime time) { return ns_of(time) / 1'000'000; }

TEST(ImportSegmenter, PlacesFrameNumbersByTheFramesTrueTimes) {
  Labelled session("labels.csv", "start_frame,end_frame,label\n8,15,grip\n98,99,end\n");
  Json options{{"file", "labels.csv"}, {"format", "csv"}, {"camera", "front"}, {"fps", 25}};
  // 95 frames in a time for 100: the numbers could mean either.
  EXPECT_THAT(session.refusal(options), HasSubstr("95 frames"));
  options["frames"] = 100;  // the tool counted the playing time
  const auto segments = session.run(options);
  ASSERT_THAT(segments, SizeIs(2));
  EXPECT_EQ(ms(segments[0].range.start), 1320);
  EXPECT_EQ(ms(segments[0].range.end), 1640);  // frame 15 is the last one labelled
  EXPECT_EQ(segments[0].begin.uncertainty, Nanos(20'000'000));
  EXPECT_EQ(*segments[0].attribute("label"), Value("grip"));
  EXPECT_EQ(*segments[0].attribute("first_frame"), Value(std::int64_t{8}));
  EXPECT_EQ(*segments[0].attribute("last_frame"), Value(std::int64_t{10}));
  EXPECT_EQ(segments[0].name, "label-0000");
  EXPECT_THAT(segments[0].begin.source, HasSubstr("csv labels.csv row 2"));
  options["frames"] = 95;  // the tool counted what it decoded
  EXPECT_THAT(session.refusal(options), HasSubstr("98 to 99"));
}

/// A camera of 100 frames that a player shows at 25 a second, taken at `taken(number)` ms.
std::vector<Segment> label_of_playing_time(const char* rows,
                                           const std::function<std::int64_t(std::int64_t)>& taken,
                                           std::size_t frames = 100) {
  Labelled session("labels.csv", std::string("start_s,end_s,label\n") + rows);
  std::vector<SessionTime> times;
  std::vector<Nanos> playing;
  for (std::int64_t i = 0; i < static_cast<std::int64_t>(frames); ++i) {
    times.push_back(at_ms(taken(i)));
    playing.push_back(std::chrono::milliseconds(40 * i));
  }
  session.signals.add_video("slow", times, {}, playing);
  return session.run({{"file", "labels.csv"}, {"format", "csv"}, {"camera", "slow"}});
}

TEST(ImportSegmenter, PlacesPlayingTimeWhereItsFramesWereTaken) {
  // The camera stood still for 2 s after frame 49; the file knows nothing of it.
  const auto stalled = [](std::int64_t i) { return 1000 + 40 * i + (i >= 50 ? 2000 : 0); };
  auto segments = label_of_playing_time("0.5,1.0,before\n2.4,3.01,after\n1.98,2.2,into\n", stalled);
  ASSERT_THAT(segments, SizeIs(3));
  EXPECT_EQ(ms(segments[0].range.start), 1500);
  EXPECT_EQ(ms(segments[0].range.end), 2000);
  EXPECT_EQ(segments[0].begin.uncertainty, Nanos(40'000'000));
  // Half way between the two frames around the stall; it may be off by all of that.
  EXPECT_EQ(ms(segments[1].range.start), 3980);
  EXPECT_EQ(segments[1].begin.uncertainty, Nanos(2'040'000'000));
  EXPECT_EQ(ms(segments[2].range.start), 5400);
  EXPECT_EQ(ms(segments[2].range.end), 6010);
  EXPECT_EQ(segments[2].finish.uncertainty, Nanos(40'000'000));
  // Taken at 10 a second, played at 25.
  segments =
      label_of_playing_time("1,2,slow\n3.96,4.0,end\n", [](std::int64_t i) { return 100 * i; });
  EXPECT_EQ(ms(segments[0].range.start), 2500);
  EXPECT_EQ(ms(segments[0].range.end), 5000);
  EXPECT_EQ(segments[0].begin.uncertainty, Nanos(100'000'000));
  EXPECT_EQ(ms(segments[1].range.end), 10'000);  // the last frame is shown for as long as one
}

TEST(ImportSegmenter, TakesTheToolsFrameRateForThatOfTheFileNotOfTheCamera) {
  // The tool counts playing time at 25 fps: frame 50 is that at 2 s, taken at 5 s.
  Labelled session("labels.csv", "start_frame,end_frame,label\n50,74,x\n");
  std::vector<SessionTime> times;
  std::vector<Nanos> playing;
  for (std::int64_t i = 0; i < 100; ++i) {
    times.push_back(at_ms(100 * i));
    playing.push_back(std::chrono::milliseconds(40 * i));
  }
  session.signals.add_video("slow", times, {}, playing);
  const auto segments =
      session.run({{"file", "labels.csv"}, {"format", "csv"}, {"camera", "slow"}, {"fps", 25}});
  ASSERT_THAT(segments, SizeIs(1));
  EXPECT_EQ(ms(segments[0].range.start), 5000);
  EXPECT_EQ(ms(segments[0].range.end), 7500);
}

TEST(ImportSegmenter, RefusesPlayingTimesBeyondTheVideo) {
  for (const char* rows : {"0.5,99.0,grip\n", "-0.5,1.0,grip\n"}) {
    Labelled session("labels.csv", std::string("start_s,end_s,label\n") + rows);
    EXPECT_THAT(session.refusal({{"file", "labels.csv"}, {"format", "csv"}, {"camera", "front"}}),
                HasSubstr("another video"))
        << rows;
  }
}

TEST(ImportSegmenter, LeavesOutWhatLiesOutsideTheSessionAndSaysSo) {
  Labelled session("labels.csv",
                   "session_start_ns,session_end_ns,label\n"
                   "1200000000,1400000000,in\n900000000000,901000000000,out\n");
  Diagnostics diagnostics;
  const auto run = run_stage("import", {{"file", "labels.csv"}, {"format", "csv"}}, session.signals,
                             diagnostics);
  ASSERT_THAT(run.segments, SizeIs(1));
  EXPECT_EQ(*run.segments[0].attribute("label"), Value("in"));
  ASSERT_THAT(diagnostics.summary(), SizeIs(1));
  EXPECT_THAT(diagnostics.summary()[0].message, HasSubstr("1 of 2 labels lie outside"));
}

TEST(ImportSegmenter, TakesTimesOfDayOnlyWhereTheSessionClockHasThem) {
  Labelled session("results.json", R"({"resultId": "r", "stepId": "P1", "resultEvaluation": 1,
    "processingTimes": {"startTime": "1970-01-01T00:00:02Z", "endTime": "1970-01-01T00:00:03Z"}})");
  const Json options{{"file", "results.json"}, {"format", "opcua"}};
  EXPECT_THAT(session.refusal(options), HasSubstr("\"epoch\": \"unix\""));
  session.signals.description().clock_epoch = "unix";
  const auto segments = session.run(options);
  ASSERT_THAT(segments, SizeIs(1));
  EXPECT_EQ(ms(segments[0].range.start), 2000);
  EXPECT_EQ(*segments[0].attribute("label"), Value("OK"));
  EXPECT_EQ(*segments[0].attribute("stepId"), Value("P1"));
  EXPECT_EQ(segments[0].begin.uncertainty, Nanos(1'000'000'000));  // no digit is finer
}

TEST(ImportSegmenter, LeavesOutResultsOfOtherPartsAndRefusesAFileOfNoneOfThisOne) {
  const auto result = [](const char* id, const char* part, int second) {
    const std::string day = "1970-01-01T00:00:0";
    return Json{{"resultId", id},
                {"partId", part},
                {"resultEvaluation", 1},
                {"processingTimes",
                 {{"startTime", day + std::to_string(second) + "Z"},
                  {"endTime", day + std::to_string(second + 1) + "Z"}}}};
  };
  const Json list{result("a", "seat-1", 2), result("b", "seat-2", 3)};
  Labelled session("results.json", list.dump());
  session.signals.description().clock_epoch = "unix";
  Json options{{"file", "results.json"}, {"format", "opcua"}};
  EXPECT_THAT(session.run(options), SizeIs(2));  // the session does not say
  session.signals.description().attributes = {{"part", Value("seat-1")}, {"serial", Value("x")}};
  Diagnostics diagnostics;
  const auto run = run_stage("import", options, session.signals, diagnostics);
  ASSERT_THAT(run.segments, SizeIs(1));
  EXPECT_EQ(*run.segments[0].attribute("partId"), Value("seat-1"));
  ASSERT_THAT(diagnostics.summary(), SizeIs(1));
  EXPECT_THAT(diagnostics.summary()[0].message, HasSubstr("'seat-2'"));
  options["part"] = "serial";
  EXPECT_THAT(session.refusal(options), HasSubstr("it is another session's file"));
  options["part"] = "";
  EXPECT_THAT(session.run(options), SizeIs(2));
}

TEST(ImportSegmenter, RefusesWrongNamesAndFilesOutsideTheSession) {
  Labelled session("labels.csv", "start_frame,end_frame,label\n8,5,grip\n");
  Json options{{"file", "labels.csv"}, {"format", "csvv"}, {"camera", "front"}, {"frames", 95}};
  EXPECT_THAT(session.refusal(options), HasSubstr("Did you mean 'csv'"));
  options["format"] = "csv";
  EXPECT_THAT(session.refusal(options), HasSubstr("ends before it starts"));
  options["file"] = "../labels.csv";
  EXPECT_NE(session.refusal(options), "");
  options["file"] = "labels.csv";
  options.erase("camera");
  EXPECT_THAT(session.refusal(options), HasSubstr("which video"));
}

}  // namespace
}  // namespace reelcell::segment
