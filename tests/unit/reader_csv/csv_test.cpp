#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "reelcell/base/error.hpp"
#include "support/readers.hpp"

namespace reelcell::readers {
const ReaderRow& csv_reader();
namespace {
using test::message_of;
using test::nanos;
using test::read_all;
using test::TextFile;
using testing::ElementsAre;
using testing::HasSubstr;

struct Opened {
  std::unique_ptr<Recording> recording;
  SeriesBatch series;
  const StreamInfo& info() const { return recording->streams().at(0); }
  const std::vector<double>& numbers(std::size_t column) const {
    return std::get<std::vector<double>>(series.columns.at(column).data);
  }
};
Opened open_path(const fs::path& path, Diagnostics& diagnostics,
                 const Json& options = Json::object()) {
  Opened opened;
  opened.recording = test::open_with(csv_reader(), path, options, diagnostics);
  opened.series = read_all(*opened.recording->open_series("", diagnostics));
  return opened;
}
Opened open_text(std::string_view text, Diagnostics& diagnostics,
                 const Json& options = Json::object()) {
  const TextFile file("log.csv", text);
  return open_path(file.path(), diagnostics, options);
}
std::string refusal(std::string_view text, const Json& options = Json::object()) {
  Diagnostics diagnostics;
  try {
    open_text(text, diagnostics, options);
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}
fs::path plotjuggler(const std::string& name) {
  return test::data_path(
      "mcap/PlotJuggler_pj-mcap-server/PJ4/pj-official-plugins/data_load_csv/test_data/" + name);
}

TEST(CsvReader, TellsTheUnitOfUnixTimesWithDecimalCommasByTheirSize) {
  const auto log = [](const std::string& delimiter, const std::string& mark) {
    std::string text = "time" + delimiter + "x\n";
    for (int i = 0; i < 100; ++i)
      text += std::to_string(1732624798000 + 10 * i) + mark + "5" + delimiter + std::to_string(i) +
              "\n";
    return text;
  };
  Diagnostics diagnostics;
  const Opened comma = open_text(log(";", ","), diagnostics);
  EXPECT_TRUE(diagnostics.empty());
  EXPECT_EQ(comma.info().details["time_unit"], "ms");
  EXPECT_EQ(comma.info().details["decimal"], "comma");
  EXPECT_EQ(comma.info().details["delimiter"], ";");
  EXPECT_EQ(comma.series.times.front(), stream_time(1'732'624'798'000'500'000));
  const Opened point = open_text(log(";", "."), diagnostics);
  EXPECT_EQ(comma.series.times, point.series.times);
}

TEST(Csv, ReadsColumnsByNameWithAllDigitsOfTheTime) {
  Diagnostics diagnostics;
  const Opened csv = open_text(
      "t,q1,q2\n1769850000.123456789,1.5,-2\n1769850000.125456789,2.5,4e-3\n", diagnostics,
      {{"time_column", "t"},
       {"columns", {{{"name", "q"}, {"from", {"q2", "q1"}}, {"unit", "rad"}}}}});
  EXPECT_THAT(nanos(csv.series.times), ElementsAre(1769850000123456789, 1769850000125456789));
  ASSERT_EQ(csv.series.columns.size(), 1u);
  EXPECT_EQ(csv.series.columns[0].spec.width, 2u);
  EXPECT_EQ(csv.series.columns[0].spec.unit, "rad");
  EXPECT_THAT(csv.series.columns[0].spec.element_names, ElementsAre("q2", "q1"));
  EXPECT_THAT(csv.numbers(0), ElementsAre(-2, 1.5, 4e-3, 2.5));
  EXPECT_TRUE(diagnostics.empty());
}

TEST(Csv, TakesTheTimeUnitFromTheName) {
  for (const auto& [header, factor] :
       std::vector<std::pair<std::string, std::int64_t>>{{"t_ns", 1},
                                                         {"time_us", 1'000},
                                                         {"timestamp [ms]", 1'000'000},
                                                         {"time(s)", 1'000'000'000}}) {
    Diagnostics diagnostics;
    const Opened csv = open_text(header + ",x\n5,1\n7,2\n", diagnostics);
    EXPECT_THAT(nanos(csv.series.times), ElementsAre(5 * factor, 7 * factor)) << header;
    EXPECT_TRUE(diagnostics.empty()) << header;
  }
}

TEST(Csv, TakesTheTimeUnitFromUnixMagnitudeAndSaysWhenItAssumes) {
  Diagnostics known, assumed;
  EXPECT_THAT(nanos(open_text("time,x\n1769850000123,1\n", known).series.times),
              ElementsAre(1769850000123000000));
  EXPECT_TRUE(known.empty());
  EXPECT_THAT(nanos(open_text("time,x\n20,1\n", assumed).series.times),
              ElementsAre(20'000'000'000));
  EXPECT_EQ(assumed.count("csv-time-unit-assumed"), 1u);
}

TEST(Csv, ReadsRfc3339Times) {
  Diagnostics diagnostics;
  const Opened csv =
      open_text("time,x\n2026-01-31T10:00:00.25Z,1\n2026-01-31T11:00:00.5+01:00,2\n", diagnostics);
  EXPECT_EQ((csv.series.times[1] - csv.series.times[0]).count(), 250'000'000);
  EXPECT_THAT(refusal("time,x\n2026-01-31 10:00:00.25,1\n"), HasSubstr("time_zone"));
  const Opened zoned =
      open_text("time,x\n2026-01-31 10:00:00.25,1\n", diagnostics, {{"time_zone", "Z"}});
  EXPECT_EQ(zoned.series.times[0], csv.series.times[0]);
}

TEST(Csv, FindsTheDelimiterAndDecimalCommas) {
  for (const std::string delimiter : {",", ";", "\t", "|"}) {
    Diagnostics diagnostics;
    const Opened csv = open_text(
        "t_s" + delimiter + "a" + delimiter + "b\n0.5" + delimiter + "1.5" + delimiter + "2\n",
        diagnostics);
    EXPECT_THAT(csv.numbers(0), ElementsAre(1.5)) << delimiter;
    EXPECT_EQ(csv.info().details["delimiter"], delimiter);
  }
  Diagnostics diagnostics;
  const Opened german = open_text("t_s;a\n0,5;1,25\n0,75;-2\n", diagnostics);
  EXPECT_THAT(nanos(german.series.times), ElementsAre(500'000'000, 750'000'000));
  EXPECT_THAT(german.numbers(0), ElementsAre(1.25, -2));
}

TEST(Csv, FindsDecimalCommasOfOneColumnBesideTimesWithPoints) {
  for (const char* times : {"0.25", "2026-01-31T10:00:00.25Z"}) {
    Diagnostics diagnostics;
    const Opened csv =
        open_text(std::string("t;x;n\n") + times + ";1,5;7\n", diagnostics, {{"time_column", "t"}});
    ASSERT_EQ(csv.series.columns.size(), 2u) << times;
    EXPECT_THAT(csv.numbers(0), ElementsAre(1.5)) << times;
    EXPECT_EQ(ns_of(csv.series.times.at(0)) % 1'000'000'000, 250'000'000) << times;
  }
}

TEST(Csv, ReadsQuotedFieldsAcrossLinesCrlfAndAByteOrderMark) {
  Diagnostics diagnostics;
  const TextFile file(
      "log.csv",
      "\xEF\xBB\xBFt_s,note,\"a,b\"\r\n1,\"he said \"\"go\"\"\r\nthen left\",\"2.5\"\r\n2,x,3\r\n");
  const Opened csv = open_path(file.path(), diagnostics);
  EXPECT_THAT(csv.numbers(0), ElementsAre(2.5, 3));
  EXPECT_EQ(csv.series.columns[0].spec.name, "a,b");
  const auto events = read_all(*csv.recording->open_events("", diagnostics));
  EXPECT_EQ(to_text(*events.at(0).field("note")), "he said \"go\"\r\nthen left");
  EXPECT_TRUE(diagnostics.empty());
}

TEST(Csv, SkipsCommentsAndBlankLinesAndTakesAHeaderFromAComment) {
  Diagnostics diagnostics;
  const Opened csv = open_text(
      "# made by x\n#timestamp [ns],w_x [rad/s],p [m]\n10,1,2\n\n# note\n20,3,4\n", diagnostics);
  EXPECT_THAT(nanos(csv.series.times), ElementsAre(10, 20));
  EXPECT_EQ(csv.series.columns[0].spec.name, "w_x");
  EXPECT_EQ(csv.series.columns[0].spec.unit, "rad/s");
  EXPECT_EQ(csv.series.columns[1].spec.unit, "m");
}

TEST(Csv, NumbersTheColumnsOfAFileWithoutHeader) {
  Diagnostics diagnostics;
  const Opened csv = open_text("0.5,7\n1.5,8\n", diagnostics);
  EXPECT_EQ(csv.series.columns[0].spec.name, "c1");
  EXPECT_THAT(csv.numbers(0), ElementsAre(7, 8));
  EXPECT_EQ(diagnostics.count("csv-time-column-assumed"), 1u);
}

TEST(Csv, GroupsNumberedColumnsWhenAsked) {
  Diagnostics diagnostics;
  const Opened csv =
      open_text("t_s,q_0,q_1,v,j[2],j[1]\n1,1,2,3,4,5\n", diagnostics, {{"group", true}});
  ASSERT_EQ(csv.series.columns.size(), 3u);
  EXPECT_EQ(csv.series.columns[0].spec.name, "q");
  EXPECT_THAT(csv.numbers(0), ElementsAre(1, 2));
  EXPECT_EQ(csv.series.columns[2].spec.name, "j");
  EXPECT_THAT(csv.numbers(2), ElementsAre(5, 4));
}

TEST(Csv, KeepsTypesThatAreAskedForAndRefusesWhatDoesNotFit) {
  Diagnostics diagnostics;
  const Opened csv = open_text(
      "t_s,n,flag,text,small\n1,9007199254740993,true,abc,7\n2,-1,false,d,300\n", diagnostics,
      {{"columns",
        {{{"name", "n"}, {"dtype", "int64"}},
         {{"name", "flag"}, {"dtype", "bool"}},
         {{"name", "text"}, {"dtype", "string"}},
         {{"name", "small"}, {"dtype", "uint8"}}}}});
  EXPECT_THAT(std::get<std::vector<std::int64_t>>(csv.series.columns[0].data),
              ElementsAre(9007199254740993, -1));
  EXPECT_THAT(std::get<std::vector<std::int64_t>>(csv.series.columns[1].data), ElementsAre(1, 0));
  EXPECT_THAT(std::get<std::vector<std::string>>(csv.series.columns[2].data),
              ElementsAre("abc", "d"));
  EXPECT_EQ(diagnostics.count("csv-bad-number"), 1u);
}

TEST(Csv, TellsIntegersThatAFloatRounds) {
  Diagnostics diagnostics;
  const Opened csv = open_text(
      "t_s,a\n1,9007199254740992\n2,9007199254740993\n3,-1700000000123456789\n4,1e300\n"
      "5,99999999999999999999\n6,9007199254740994\n",
      diagnostics);
  EXPECT_EQ(csv.numbers(0)[1], 9007199254740992.0);
  EXPECT_EQ(diagnostics.count("csv-rounded-number"), 3u);
  EXPECT_THAT(message_of(diagnostics, "csv-rounded-number"),
              AllOf(HasSubstr("9007199254740993"), HasSubstr("int64")));
  EXPECT_FALSE(diagnostics.has_loss());
}

TEST(Csv, LosesOnlyTheTornLastLine) {
  Diagnostics diagnostics;
  const Opened csv = open_text("t_s,a,b\n1,2,3\n2,4,5\n3,6", diagnostics);
  EXPECT_THAT(csv.numbers(1), ElementsAre(3, 5));
  EXPECT_EQ(diagnostics.count("csv-torn-line"), 1u);
  EXPECT_THAT(message_of(diagnostics, "csv-torn-line"), HasSubstr("line 4"));
  EXPECT_EQ(csv.info().last, stream_time(2'000'000'000));
}

TEST(Csv, KeepsALastLineWithoutLineEnd) {
  Diagnostics diagnostics;
  EXPECT_EQ(open_text("t_s,a\n1,2\n2,4", diagnostics).series.size(), 2u);
  EXPECT_FALSE(diagnostics.has_loss());
  EXPECT_EQ(diagnostics.count("csv-no-final-newline"), 1u);
}

TEST(Csv, CountsWrongColumnCountsBadNumbersAndBadTimesByLine) {
  Diagnostics diagnostics;
  const Opened csv = open_text(
      "t_s,a,b\n1,2,3\n2,4\n3,x,5\n4,,nan\nnow,1,2\n5,6,7,8\n6,7,8,\n7,1e999,2\n8,+9, 10 \n",
      diagnostics);
  EXPECT_THAT(nanos(csv.series.times), ElementsAre(1'000'000'000, 3'000'000'000, 4'000'000'000,
                                                   6'000'000'000, 7'000'000'000, 8'000'000'000));
  EXPECT_TRUE(std::isnan(csv.numbers(0)[1]));
  EXPECT_EQ(csv.numbers(1)[1], 5);
  EXPECT_EQ(csv.numbers(1)[5], 10);
  EXPECT_EQ(diagnostics.count("csv-column-count"), 2u);
  EXPECT_EQ(diagnostics.count("csv-bad-number"), 2u);
  EXPECT_EQ(diagnostics.count("csv-bad-time"), 1u);
  EXPECT_EQ(diagnostics.count("csv-missing-value"), 2u);
  EXPECT_THAT(message_of(diagnostics, "csv-column-count"), HasSubstr("line 3"));
  EXPECT_THAT(message_of(diagnostics, "csv-bad-number"), HasSubstr("'x'"));
  EXPECT_THAT(message_of(diagnostics, "csv-bad-time"), HasSubstr("line 6"));
}

TEST(Csv, AnUnclosedQuoteCostsOneLine) {
  Diagnostics diagnostics;
  const Opened csv = open_text("t_s,a\n1,2\n2,\"3\n3,4\n4,5\n", diagnostics);
  EXPECT_THAT(csv.numbers(0), ElementsAre(2, 4, 5));
  EXPECT_EQ(diagnostics.count("csv-unclosed-quote"), 1u);
}

TEST(Csv, RefusesDuplicateNamesWithHelp) {
  const std::string text = refusal("time,value,value\n1.5,2,3\n");
  EXPECT_THAT(text, HasSubstr("columns 2 and 3"));
  EXPECT_THAT(text, HasSubstr("'value'"));
  EXPECT_THAT(text, HasSubstr("#2"));
  Diagnostics diagnostics;
  const Opened picked = open_text("time,value,value\n1.5,2,3\n", diagnostics,
                                  {{"columns", {{{"name", "b"}, {"from", "#3"}}}}});
  EXPECT_THAT(picked.numbers(0), ElementsAre(3));
}

TEST(Csv, NamesTheColumnsThatThereAre) {
  EXPECT_THAT(refusal("t_s,joint\n1,2\n", {{"columns", {{{"name", "jont"}}}}}),
              HasSubstr("Did you mean 'joint'"));
  EXPECT_THAT(refusal("t_s,joint\n1,2\n", {{"time_column", "x"}}), HasSubstr("'t_s' or 'joint'"));
  EXPECT_THAT(refusal("a,b\nx,y\n"), HasSubstr("time_column"));
}

TEST(Csv, RefusesWhatIsNoTable) {
  EXPECT_THAT(refusal(""), HasSubstr("no rows"));
  EXPECT_THAT(refusal(std::string_view("\xFF\xFEt\0,\0", 6)), HasSubstr("UTF-16"));
  EXPECT_THAT(refusal(std::string_view("a\0b", 3)), HasSubstr("zero bytes"));
}

TEST(Csv, AHeaderAloneIsAnEmptySeries) {
  Diagnostics diagnostics;
  const Opened csv = open_text("t_s,a,b\n", diagnostics);
  EXPECT_EQ(csv.series.size(), 0u);
  EXPECT_EQ(csv.info().columns.size(), 2u);
  EXPECT_FALSE(csv.info().first);
}

TEST(Csv, ReadsVerdictsAsTypedEvents) {
  const TextFile file(
      "verdicts.csv",
      "t_ms,end_ms,result,score,part,final,hole\n10,25,OK,0.5,007,true,\n30,20,NG,3,A,false,1\n");
  Diagnostics diagnostics;
  const auto recording =
      test::open_with(csv_reader(), file.path(),
                      {{"kind_column", "result"}, {"end_column", "end_ms"}}, diagnostics);
  EXPECT_EQ(recording->streams().at(0).kind, StreamKind::kEvents);
  const auto events = read_all(*recording->open_events("", diagnostics));
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].kind, "OK");
  EXPECT_EQ(ns_of(events[0].end), 25'000'000);
  EXPECT_EQ(*events[0].field("score"), Value(0.5));
  EXPECT_EQ(*events[0].field("part"), Value(std::string("007")));
  EXPECT_EQ(*events[0].field("final"), Value(true));
  EXPECT_EQ(*events[0].field("hole"), Value());
  EXPECT_EQ(*events[1].field("score"), Value(std::int64_t{3}));
  EXPECT_EQ(events[1].end, events[1].time);
  EXPECT_EQ(diagnostics.count("csv-bad-end"), 1u);
}

TEST(Csv, FindsTheTimeRangeOfALongFileFromItsEnds) {
  std::string text = "t_ms,a\n";
  for (int i = 0; i < 50'000; ++i) text += std::to_string(2 * i) + ",1.5\n";
  Diagnostics diagnostics;
  const Opened csv = open_text(text, diagnostics);
  EXPECT_EQ(csv.series.size(), 50'000u);
  EXPECT_EQ(csv.info().first, stream_time(0));
  EXPECT_EQ(csv.info().last, stream_time(99'998'000'000));
  EXPECT_DOUBLE_EQ(*csv.info().rate_hz, 500.0);
  EXPECT_FALSE(csv.info().count);
}

TEST(Csv, ReadsTheSameHoweverLinesFallOnBlocks) {
  // Lines of growing length cross the 1 MiB block border at many places.
  std::string text = "t_ns,a,note\n";
  std::vector<double> expected;
  for (int i = 0; i < 9'000; ++i) {
    text += std::to_string(i) + "," + std::to_string(i % 97) + ",\"" + std::string(i % 400, 'x') +
            "\"\n";
    expected.push_back(i % 97);
  }
  Diagnostics diagnostics;
  const Opened csv = open_text(text, diagnostics);
  EXPECT_EQ(csv.numbers(0), expected);
  EXPECT_TRUE(diagnostics.empty());
}

TEST(Csv, ReadsPlotJugglersRecordings) {
  Diagnostics diagnostics;
  const Opened turtle = open_path(plotjuggler("turtle.csv"), diagnostics);
  EXPECT_EQ(turtle.info().time_field, "__time");
  EXPECT_GT(turtle.series.size(), 100u);
  const Opened motor = open_path(plotjuggler("motor_data.csv"), diagnostics);
  EXPECT_EQ(motor.series.columns.size(), 10u);
  EXPECT_DOUBLE_EQ(*motor.info().rate_hz, 1000.0);
  const Opened fft = open_path(plotjuggler("simple_fft.csv"), diagnostics);
  EXPECT_EQ(fft.numbers(0).at(1), 7.8774);
  EXPECT_FALSE(diagnostics.has_loss());
}

TEST(Csv, CountsTheFaultsOfPlotJugglersBadFiles) {
  Diagnostics counts, order, holes;
  EXPECT_EQ(open_path(plotjuggler("test_wrong_column_count.csv"), counts).series.size(), 3u);
  EXPECT_EQ(counts.count("csv-column-count"), 2u);
  EXPECT_EQ(open_path(plotjuggler("test_non_monotonic.csv"), order).series.size(), 6u);
  EXPECT_EQ(order.count("csv-time-backward"), 2u);
  const Opened simple = open_path(plotjuggler("simple.csv"), holes);
  EXPECT_EQ(simple.series.size(), 5u);
  EXPECT_EQ(holes.count("csv-missing-value"), 4u);
  EXPECT_FALSE(holes.has_loss());
  Diagnostics ignored;
  EXPECT_THROW(open_path(plotjuggler("test_duplicate_columns.csv"), ignored), InputError);
  EXPECT_THROW(open_path(plotjuggler("simple_parse_timestamp.csv"), ignored), InputError);
}

TEST(CsvSniff, KnowsTablesFromOtherText) {
  const auto sniff = [](const char* name, std::string_view text) {
    return csv_reader().sniff(name, as_bytes(text));
  };
  EXPECT_GE(sniff("a.csv", "t,x\n1,2\n"), 70);
  EXPECT_GT(sniff("log.txt", "t;x\n1;2\n"), 20);
  EXPECT_EQ(sniff("a.json", "{\"a\": 1,\n\"b\": 2}"), 0);
  EXPECT_EQ(sniff("a.csv", std::string_view("\0\1\2", 3)), 0);
  EXPECT_EQ(sniff("README.md", "# Title\nSome text, with a comma.\n"), 0);
}
}  // namespace
}  // namespace reelcell::readers
