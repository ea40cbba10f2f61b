#include "scene.hpp"

namespace reelcell::label {
namespace {
using testing::HasSubstr;

TEST(EventFunctions, LookInTheSegmentUnlessAClauseSaysWhere) {
  EXPECT_EQ(value_of("count(verdicts)"), Value(std::int64_t{1}));
  EXPECT_THAT(value_of("exists(verdicts where result == 'NG')"), is_true());
  EXPECT_THAT(value_of("exists(verdicts where result == 'OK')"), is_false());
  EXPECT_EQ(value_of("first(verdicts.result)"), Value(std::string("NG")));
  EXPECT_EQ(value_of("count(verdicts before session.end)"), Value(std::int64_t{3}));
  EXPECT_EQ(value_of("count(verdicts between session.start and segment.end)"),
            Value(std::int64_t{2}));
  EXPECT_EQ(value_of("count(front)"), Value(std::int64_t{10})) << "frames of a video";
}

TEST(EventFunctions, BeforeAfterAndWithinTakeUnits) {
  EXPECT_EQ(value_of("first(verdicts.point after segment.end)"), Value(std::string("P3")));
  EXPECT_EQ(value_of("last(verdicts.point before segment.start)"), Value(std::string("P1")));
  EXPECT_THAT(value_of("exists(verdicts after segment.end within 100 ms)"), is_true());
  EXPECT_THAT(value_of("exists(verdicts after segment.end within 99 ms)"), is_false());
  EXPECT_THAT(value_of("exists(verdicts where result == 'OK' within 0.1 s of segment.end)"),
              is_true());
  EXPECT_THAT(value_of("exists(verdicts before segment.start within 1.1 s)"), is_true());
  EXPECT_THAT(value_of("exists(verdicts before segment.start within 1.09 s)"), is_false());
  EXPECT_THAT(value_of("within(200 ms, verdicts where point == 'P3')"), is_true());
  EXPECT_THAT(value_of("within(50 ms, verdicts where point == 'P3')"), is_false());
  EXPECT_THAT(value_of("within(480 ms, segment.start, verdicts)"), is_true());
  EXPECT_THAT(value_of("within(479 ms, segment.start, verdicts)"), is_false());
  EXPECT_THAT(value_of("within(settle, marks, segment.start)"), is_true());
}

TEST(EventFunctions, OrderOfMoments) {
  EXPECT_THAT(value_of("before(marks, verdicts)"), is_true());
  EXPECT_THAT(value_of("after(verdicts, marks)"), is_true());
  EXPECT_THAT(value_of("before(verdicts, segment.start)"), is_false());
  EXPECT_THAT(why_of("before(verdicts where point == 'P9', marks)"),
              HasSubstr("no such event of verdicts"));
  EXPECT_THAT(value_of("since(verdicts) == 1100 ms"), is_true()) << "P1 at 0.9 s";
  EXPECT_THAT(value_of("until(verdicts) == 100 ms"), is_true());
  EXPECT_THAT(value_of("since(verdicts where point == 'P2', segment.end) == 520 ms"), is_true());
  EXPECT_THAT(why_of("until(verdicts, segment.end + 500 ms)"),
              HasSubstr("no such event of verdicts at or after 3.500s"));
}

TEST(EventFunctions, ConditionsReachTheSegmentParametersAndSignals) {
  EXPECT_EQ(value_of("first(verdicts.result where point == segment.point)"),
            Value(std::string("NG")));
  EXPECT_THAT(value_of("exists(verdicts where at(force.fz, event.time) < 2 N)"), is_true());
  EXPECT_THAT(value_of("exists(verdicts where time > segment.start + settle)"), is_true());
  EXPECT_THAT(value_of("exists(verdicts where exists(marks within 480 ms of event.time))"),
              is_true());
  EXPECT_THAT(value_of("exists(verdicts where exists(marks within 479 ms of event.time))"),
              is_false());
  EXPECT_EQ(value_of("first(verdicts.time) - segment.start as ms"), Value(480.0));
  EXPECT_EQ(value_of("first(verdicts.kind)"), Value(std::string("verdict")));
}

TEST(EventFunctions, ADoubtfulEventMakesTheAnswerUnknownWhereItMatters) {
  // P3 has no score.
  EXPECT_THAT(why_of("count(verdicts where score > 0.5 before session.end)"),
              HasSubstr("verdicts@3.100s: whether it is meant is unknown: the event@3.100s has no "
                        "'score'; it has "
                        "'point' or 'result'"));
  EXPECT_THAT(value_of("exists(verdicts where score > 0.5 before session.end)"), is_true());
  EXPECT_THAT(value_of("exists(verdicts where score > 0.95 before session.end)"), is_unknown());
  EXPECT_THAT(value_of("first(verdicts.point where score > 0.8 before session.end)"),
              Value(std::string("P1")));
  EXPECT_THAT(value_of("last(verdicts.point where score > 0.8 before session.end)"), is_unknown());
  EXPECT_THAT(value_of("count(verdicts where point == 'P1' and score > 0.5 before session.end)"),
              Value(std::int64_t{1}))
      << "what is certainly not meant does no harm";
}

TEST(EventFunctions, InputsCarryTheTimesOfTheEvents) {
  EXPECT_THAT(label_of("first(verdicts.result where point == segment.point)").inputs,
              testing::ElementsAre("segment.point", "verdicts.result@2.480s"));
  EXPECT_THAT(
      label_of("count(verdicts before session.end)").inputs,
      testing::ElementsAre("session.end", "verdicts@0.900s", "verdicts@2.480s", "verdicts@3.100s"));
}

TEST(EventFunctions, SearchesReadTheSessionInStretches) {
  test::MemorySignals signals("day");
  std::vector<Event> events;
  for (int i = 0; i < 5000; ++i)
    events.push_back(event_ms(i * 1000, i * 1000, "tick", {{"n", Value(std::int64_t{i})}}));
  signals.add_events("ticks", events);
  EXPECT_EQ(label_of(Json("last(ticks.n before session.end)"), signals).value,
            Value(std::int64_t{4999}));
  EXPECT_EQ(label_of(Json("first(ticks.n where n > 3000 before session.end)"), signals).value,
            Value(std::int64_t{3001}));
  EXPECT_EQ(label_of(Json("count(ticks after segment.end within 100000 h)"), signals).value,
            Value(std::int64_t{4997}));
  EXPECT_LE(signals.longest_read(), std::chrono::seconds(60));
}

TEST(EventFunctions, SearchesWithinSearchesAreLimited) {
  const std::string outer = "exists(verdicts where ";
  EXPECT_THAT(value_of(outer + outer + outer + "point == 'P2')))"), is_true());
  EXPECT_THAT(refusal(outer + outer + outer + outer + "true))))"), HasSubstr("3 levels deep"));
}

TEST(EventPredicates, ReadFieldsAndParameters) {
  const Event event =
      event_ms(10, 30, "step", {{"step", std::string("VISIT")}, {"point", std::string("P1")}});
  const auto holds = [&](const std::string& text) {
    return compile_event_condition(text, parameters(), "recipe.json: /segments/0/when")
        .holds(event);
  };
  EXPECT_TRUE(holds("step == 'VISIT' and point != ''"));
  EXPECT_TRUE(holds("kind == 'step' and duration == 20 ms and event.end > time"));
  EXPECT_TRUE(holds("model == 'seat_a' and tries == 3"));
  EXPECT_FALSE(holds("step == 'MOVE'"));
  EXPECT_FALSE(holds("result == 'NG'")) << "unknown is not true";
  EXPECT_THROW(holds("step = 'VISIT'"), InputError);
  EXPECT_THROW(holds("3 + 4"), InputError);
}

}  // namespace
}  // namespace reelcell::label
