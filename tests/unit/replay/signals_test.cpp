#include <gmock/gmock.h>

#include "reelcell/base/error.hpp"
#include "reelcell/replay/scene.hpp"

namespace reelcell::replay {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

SessionDescription two_streams() {
  SessionDescription session;
  StreamSpec joints;
  joints.name = "joints";
  joints.columns = {{"q", DType::kFloat64, 7}, {"mode", DType::kString}, {"fault", DType::kBool}};
  StreamSpec state;
  state.name = "observation.state";
  state.columns = {{"value", DType::kFloat32, 14}};
  StreamSpec camera;
  camera.name = "front";
  camera.kind = StreamKind::kVideo;
  session.streams = {camera, joints, state};
  return session;
}

TEST(ChooseSignals, TakesNumericColumnsWithFloatsFirstByDefault) {
  EXPECT_THAT(choose_signals(two_streams(), {}),
              ElementsAre(SignalRef{"joints", "q", {}}, SignalRef{"observation.state", "value", {}},
                          SignalRef{"joints", "fault", {}}));
  EXPECT_EQ(choose_signals(two_streams(), {}, 2).size(), 2u);
}

TEST(ChooseSignals, LeavesRowNumbersAndRowTimesOutUnlessTheyAreNamed) {
  SessionDescription session = two_streams();
  StreamSpec& rows = session.streams.emplace_back();
  rows.name = "frames";
  rows.source.format = "lerobot";
  for (const char* name : {"action", "timestamp", "frame_index", "reelcell.front.time_ns"})
    rows.columns.push_back({name, DType::kFloat64, 1, "", {}});
  StreamSpec& topic = session.streams.emplace_back();
  topic.name = "/imu";
  topic.source.format = "mcap";
  for (const char* name : {"log_time", "x"})
    topic.columns.push_back({name, DType::kFloat64, 1, "", {}});
  StreamSpec& own = session.streams.emplace_back();
  own.name = "/own";
  own.source.format = "mcap";
  for (const char* name : {"sequence", "mcap.sequence"})
    own.columns.push_back({name, DType::kFloat64, 1, "", {}});
  const auto chosen = choose_signals(session, {}, 100);
  std::vector<std::string> names;
  for (const SignalRef& signal : chosen) names.push_back(to_string(signal));
  EXPECT_THAT(names, testing::IsSupersetOf({"frames.action", "/imu.x", "/own.sequence"}));
  for (const char* name :
       {"frames.timestamp", "frames.frame_index", "/imu.log_time", "/own.mcap.sequence"})
    EXPECT_THAT(names, testing::Not(testing::Contains(name)));
  EXPECT_EQ(choose_signals(session, {"frames.timestamp"}).size(), 1u);
}

TEST(ChooseSignals, FindsElementsAndStreamsWithDots) {
  EXPECT_THAT(
      choose_signals(two_streams(), {"observation.state.value[13]", "joints.q"}),
      ElementsAre(SignalRef{"observation.state", "value", 13}, SignalRef{"joints", "q", {}}));
}

TEST(ChooseSignals, SaysWhatThereIsWhenANameIsWrong) {
  try {
    choose_signals(two_streams(), {"joint.q"});
    FAIL();
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), HasSubstr("Did you mean 'joints.q'?"));
  }
  EXPECT_THROW(choose_signals(two_streams(), {"joints.q[7]"}), InputError);
  EXPECT_THROW(choose_signals(two_streams(), {"joints.q["}), InputError);
  EXPECT_THROW(choose_signals(two_streams(), {"joints.mode"}), InputError);
}

}  // namespace
}  // namespace reelcell::replay
