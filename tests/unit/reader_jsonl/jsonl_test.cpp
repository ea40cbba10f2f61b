#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "reelcell/base/error.hpp"
#include "support/readers.hpp"

namespace reelcell::readers {
const ReaderRow& jsonl_reader();
namespace {
using test::message_of;
using test::nanos;
using test::read_all;
using test::TextFile;
using testing::ElementsAre;
using testing::HasSubstr;

struct Opened {
  std::unique_ptr<Recording> recording;
  const StreamInfo& info() const { return recording->streams().at(0); }
};
Opened open_text(const TextFile& file, Diagnostics& diagnostics,
                 const Json& options = Json::object()) {
  return {test::open_with(jsonl_reader(), file.path(), options, diagnostics)};
}
SeriesBatch series_of(std::string_view text, Diagnostics& diagnostics,
                      const Json& options = Json::object()) {
  const TextFile file("log.jsonl", text);
  return read_all(*open_text(file, diagnostics, options).recording->open_series("", diagnostics));
}
std::vector<StreamEvent> events_of(std::string_view text, Diagnostics& diagnostics,
                                   const Json& options = Json::object()) {
  const TextFile file("log.jsonl", text);
  return read_all(*open_text(file, diagnostics, options).recording->open_events("", diagnostics));
}
const std::vector<double>& numbers(const SeriesBatch& series, std::size_t column) {
  return std::get<std::vector<double>>(series.columns.at(column).data);
}
std::string refusal(std::string_view text, const Json& options = Json::object()) {
  Diagnostics diagnostics;
  try {
    series_of(text, diagnostics, options);
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

TEST(Jsonl, ReadsNumbersArraysAndNestedFieldsAsColumns) {
  Diagnostics diagnostics;
  const SeriesBatch series =
      series_of(R"({"t": 1769850000.123456789, "q": [1, 2.5], "f": {"x": -1e-3}, "mode": "auto"})"
                "\n"
                R"({"f": {"x": 7}, "q": [3, 4], "mode": "man", "t": 1769850000.125456789})"
                "\n",
                diagnostics);
  EXPECT_THAT(nanos(series.times), ElementsAre(1769850000123456789, 1769850000125456789));
  ASSERT_EQ(series.columns.size(), 2u);
  EXPECT_EQ(series.columns[0].spec.name, "q");
  EXPECT_EQ(series.columns[0].spec.width, 2u);
  EXPECT_THAT(numbers(series, 0), ElementsAre(1, 2.5, 3, 4));
  EXPECT_EQ(series.columns[1].spec.name, "f.x");
  EXPECT_THAT(numbers(series, 1), ElementsAre(-1e-3, 7));
  EXPECT_TRUE(diagnostics.empty());
}

TEST(Jsonl, PicksFieldsByDottedPathAndIndex) {
  Diagnostics diagnostics;
  const SeriesBatch series = series_of(
      R"({"head": {"t_us": 5}, "axes": [{"p": 1, "v": [9, 8]}, {"p": 2, "v": [7, 6]}], "q": [1, 2, 3]})"
      "\n",
      diagnostics,
      {{"time_column", "head.t_us"},
       {"columns",
        {{{"name", "p"}, {"from", {"axes[1].p", "axes[0].v[1]"}}, {"unit", "m"}},
         {{"name", "q"}, {"dtype", "int32"}},
         {{"name", "q2"}, {"from", "q[2]"}}}}});
  EXPECT_THAT(nanos(series.times), ElementsAre(5'000));
  EXPECT_THAT(numbers(series, 0), ElementsAre(2, 8));
  EXPECT_THAT(std::get<std::vector<std::int64_t>>(series.columns[1].data), ElementsAre(1, 2, 3));
  EXPECT_THAT(numbers(series, 2), ElementsAre(3));
}

TEST(Jsonl, ReadsTimesAsRfc3339Text) {
  Diagnostics diagnostics;
  const SeriesBatch series = series_of(
      "{\"time\": \"2026-01-31T10:00:00.25Z\", \"a\": 1}\n{\"time\": \"2026-01-31T10:00:00.5Z\", "
      "\"a\": 2}\n",
      diagnostics);
  EXPECT_EQ((series.times[1] - series.times[0]).count(), 250'000'000);
  EXPECT_THAT(refusal("{\"time\": \"yesterday\", \"a\": 1}\n"), HasSubstr("'yesterday'"));
}

TEST(Jsonl, CountsMissingBadAndNonFiniteValues) {
  Diagnostics diagnostics;
  const SeriesBatch series = series_of(
      "{\"t_ms\": 1, \"a\": 1, \"b\": [1, 2]}\n{\"t_ms\": 2, \"b\": [1]}\n"
      "{\"t_ms\": 3, \"a\": \"x\", \"b\": [NaN, Infinity]}\n{\"t_ms\": 4, \"a\": null, \"b\": [1, "
      "{}]}\n",
      diagnostics);
  ASSERT_EQ(series.size(), 4u);
  EXPECT_TRUE(std::isnan(numbers(series, 0)[1]));
  EXPECT_TRUE(std::isnan(numbers(series, 1)[3]));
  EXPECT_TRUE(std::isinf(numbers(series, 1)[5]));
  EXPECT_EQ(diagnostics.count("jsonl-missing-value"), 4u);
  EXPECT_EQ(diagnostics.count("jsonl-bad-number"), 2u);
}

TEST(Jsonl, TellsIntegersThatAFloatRounds) {
  Diagnostics diagnostics;
  const SeriesBatch series = series_of(
      "{\"t_s\": 1, \"a\": 9007199254740992}\n{\"t_s\": 2, \"a\": 9007199254740993}\n"
      "{\"t_s\": 3, \"a\": 1e300}\n",
      diagnostics);
  EXPECT_EQ(numbers(series, 0)[1], 9007199254740992.0);
  EXPECT_EQ(diagnostics.count("jsonl-rounded-number"), 1u);
  EXPECT_FALSE(diagnostics.has_loss());
}

TEST(Jsonl, LosesOnlyTornAndBrokenLines) {
  Diagnostics diagnostics;
  const SeriesBatch series = series_of(
      "{\"t_s\": 1, \"a\": 1}\n{\"t_s\": 2, \"a\": }\nnonsense\n\n{\"t_s\": 3, \"a\": 3} x\n"
      "{\"a\": 4}\n{\"t_s\": 5, \"a\": 5}\n{\"t_s\": 6, \"a",
      diagnostics);
  EXPECT_THAT(numbers(series, 0), ElementsAre(1, 5));
  EXPECT_EQ(diagnostics.count("jsonl-bad-line"), 3u);
  EXPECT_EQ(diagnostics.count("jsonl-bad-time"), 1u);
  EXPECT_EQ(diagnostics.count("jsonl-torn-line"), 1u);
  EXPECT_THAT(message_of(diagnostics, "jsonl-bad-line"), HasSubstr("line 2"));
}

TEST(Jsonl, ReadsPlcStepsAsEvents) {
  Diagnostics diagnostics;
  const auto events = events_of(
      R"({"t_ns": 1769850000123456789, "event": "step", "step": "VISIT", "point": {"id": "P017", "n": 17}, "ok": true})"
      "\n"
      R"({"t_ns": 1769850000200000000, "event": "mark", "list": [1, 2], "none": null})"
      "\n",
      diagnostics, {{"time_column", "t_ns"}, {"time_unit", "ns"}, {"kind_column", "event"}});
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(ns_of(events[0].time), 1769850000123456789);
  EXPECT_EQ(events[0].kind, "step");
  EXPECT_EQ(*events[0].field("step"), Value(std::string("VISIT")));
  EXPECT_EQ(*events[0].field("point.n"), Value(std::int64_t{17}));
  EXPECT_EQ(*events[0].field("ok"), Value(true));
  EXPECT_EQ(events[0].field("event"), nullptr);
  EXPECT_EQ(*events[1].field("list"), Value(std::string("[1,2]")));
  EXPECT_EQ(*events[1].field("none"), Value());
  EXPECT_TRUE(diagnostics.empty());
}

TEST(Jsonl, ReadsIntervalsAndKeepsTheDigitsOfDecimalTimes) {
  Diagnostics diagnostics;
  const auto events = events_of(
      "{\"t\": 1769850000.123456789, \"end\": 1769850001.000000001, \"v\": \"a\\u00e9\"}\n"
      "{\"t\": 1769850002.5, \"end\": 1, \"v\": \"b\"}\n",
      diagnostics, {{"end_column", "end"}, {"kind", "verdict"}});
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(ns_of(events[0].time), 1769850000123456789);
  EXPECT_EQ(ns_of(events[0].end), 1769850001000000001);
  EXPECT_EQ(events[0].kind, "verdict");
  EXPECT_EQ(*events[0].field("v"), Value(std::string("a\xC3\xA9")));
  EXPECT_EQ(events[1].end, events[1].time);
  EXPECT_EQ(diagnostics.count("jsonl-bad-end"), 1u);
}

TEST(Jsonl, NamesTheFieldsThatThereAre) {
  const Json typo{{"columns", {{{"name", "f.y"}}}}};
  EXPECT_THAT(refusal("{\"t_s\": 1, \"f\": {\"x\": 1}}\n", typo), HasSubstr("Did you mean 'f.x'"));
  EXPECT_THAT(refusal("{\"a\": 1}\n"), HasSubstr("time_column"));
  EXPECT_THAT(refusal("[1, 2]\n"), HasSubstr("one record"));
  const Json bad_path{{"columns", {{{"name", "a"}, {"from", "f[x]"}}}}};
  EXPECT_THAT(refusal("{\"t_s\": 1, \"f\": [1]}\n", bad_path), HasSubstr("'f[x]'"));
}

TEST(Jsonl, TellsSlowTextLogsFromFastNumericOnes) {
  std::string fast, slow;
  for (int i = 0; i < 300; ++i) {
    fast += "{\"t_ms\": " + std::to_string(2 * i) + ", \"q\": 1, \"mode\": \"auto\"}\n";
    slow += "{\"t_ms\": " + std::to_string(400 * i) + ", \"score\": 1, \"result\": \"OK\"}\n";
  }
  Diagnostics diagnostics;
  const TextFile fast_file("fast.jsonl", fast), slow_file("slow.jsonl", slow);
  EXPECT_EQ(open_text(fast_file, diagnostics).info().kind, StreamKind::kSeries);
  const Opened opened = open_text(slow_file, diagnostics);
  EXPECT_EQ(opened.info().kind, StreamKind::kEvents);
  EXPECT_EQ(opened.info().first, stream_time(0));
  EXPECT_EQ(opened.info().last, stream_time(std::int64_t{119'600'000'000}));
}

TEST(Jsonl, DeepNestingIsNoDanger) {
  const std::string deep(200'000, '[');
  std::string objects;
  for (int i = 0; i < 200'000; ++i) objects += "{\"a\":";
  Diagnostics diagnostics;
  const std::string text = "{\"t_s\": 1, \"a\": 1}\n{\"t_s\": 2, \"a\": 2, \"d\": " + deep +
                           std::string(200'000, ']') + "}\n{\"t_s\": 3, \"d\": " + deep + "}\n";
  EXPECT_THAT(numbers(series_of(text, diagnostics), 0), ElementsAre(1, 2));
  EXPECT_EQ(events_of(text, diagnostics).size(), 1u);
  EXPECT_EQ(events_of("{\"t_s\": 1}\n{\"t_s\": 1, \"o\": " + objects, diagnostics).size(), 1u);
}

TEST(JsonlSniff, KnowsRecordsFromOneDocument) {
  const auto sniff = [](const char* name, std::string_view text) {
    return jsonl_reader().sniff(name, as_bytes(text));
  };
  EXPECT_GE(sniff("a.jsonl", "{\"t\": 1}\n"), 70);
  EXPECT_GT(sniff("a.log", "{\"t\": 1}\n{\"t\": 2}\n"), 20);
  EXPECT_EQ(sniff("session.json", "{\"version\": 1}\n"), 0);
  EXPECT_EQ(sniff("session.json", "{\n  \"version\": 1\n}\n"), 0);
  EXPECT_EQ(sniff("a.csv", "t,x\n1,2\n"), 0);
}
}  // namespace
}  // namespace reelcell::readers
