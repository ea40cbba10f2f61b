#include "reelcell/curate/split.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "reelcell/base/error.hpp"

namespace reelcell::curate {
namespace {
using testing::HasSubstr;

SplitRule rule_of(const char* json) {
  return parse_split_rule(Json::parse(json), "recipe.json: /splits");
}
constexpr const char* kThree =
    R"({"by": "session", "ratios": {"train": 0.7, "val": 0.2, "test": 0.1}, "salt": "v1"})";

std::map<std::string, std::string> assign(const SplitRule& rule, int groups) {
  std::map<std::string, std::string> splits;
  for (int i = 0; i < groups; ++i) {
    const std::string group = "seat-" + std::to_string(i);
    splits[group] = split_of(rule, group);
  }
  return splits;
}

TEST(Splits, MoreDataChangesNoEarlierAssignment) {
  const SplitRule rule = rule_of(kThree);
  const std::map<std::string, std::string> more = assign(rule, 5000);
  for (const auto& [group, split] : assign(rule, 500)) EXPECT_EQ(more.at(group), split) << group;
}

TEST(Splits, TheShareOfGroupsConvergesToTheRatio) {
  const SplitRule rule = rule_of(kThree);
  for (const int groups : {1000, 10'000, 100'000}) {
    std::map<std::string, int> counts;
    for (const auto& [group, split] : assign(rule, groups)) ++counts[split];
    for (const auto& [name, ratio] : rule.ratios) {
      // Four standard deviations of a binomial share.
      const double tolerance = 4 * std::sqrt(ratio * (1 - ratio) / groups);
      EXPECT_NEAR(static_cast<double>(counts[name]) / groups, ratio, tolerance)
          << name << " of " << groups;
    }
  }
}

TEST(Splits, AreTheSameOnEveryMachineAndVersion) {
  const SplitRule rule = rule_of(R"({"ratios": {"train": 0.5, "val": 0.5}})");
  std::string splits;
  for (int i = 0; i < 16; ++i) splits += split_of(rule, "seat-" + std::to_string(i))[0];
  EXPECT_EQ(splits, "tvtvvtvttvttvttt");
}

TEST(Splits, TheOrderOfKeysInTheDocumentMeansNothing) {
  const SplitRule one = rule_of(kThree);
  const SplitRule other = rule_of(
      R"({"salt": "v1", "ratios": {"test": 0.1, "train": 0.7, "val": 0.2}, "by": "session"})");
  EXPECT_EQ(assign(one, 500), assign(other, 500));
  EXPECT_EQ(one.ratios, other.ratios);
  EXPECT_EQ(one.ratios.front().first, "train");
}

TEST(Splits, ALargerFirstShareOnlyMovesGroupsIntoIt) {
  const SplitRule small = rule_of(R"({"ratios": {"train": 0.6, "val": 0.4}})");
  const SplitRule large = rule_of(R"({"ratios": {"train": 0.8, "val": 0.2}})");
  int moved = 0;
  for (int i = 0; i < 2000; ++i) {
    const std::string group = std::to_string(i);
    if (split_of(small, group) == "train") {
      EXPECT_EQ(split_of(large, group), "train");
    }
    if (split_of(small, group) != split_of(large, group)) ++moved;
  }
  EXPECT_NEAR(moved, 400, 72);
}

TEST(Splits, TheSaltDealsAnew) {
  const SplitRule a = rule_of(R"({"ratios": {"train": 0.5, "val": 0.5}, "salt": "a"})");
  const SplitRule b = rule_of(R"({"ratios": {"train": 0.5, "val": 0.5}, "salt": "b"})");
  int same = 0;
  for (int i = 0; i < 2000; ++i)
    same += split_of(a, std::to_string(i)) == split_of(b, std::to_string(i));
  EXPECT_NEAR(same, 1000, 90);
}

TEST(Splits, ARatioOfOneOrZeroIsKept) {
  const SplitRule rule = rule_of(R"({"ratios": {"none": 0, "train": 1}})");
  for (int i = 0; i < 200; ++i) EXPECT_EQ(split_of(rule, std::to_string(i)), "train");
}

struct Case {
  SessionDescription session;
  Segment segment;
  Case() {
    session.id = "seat-0001";
    session.attributes = {{"part", std::string("SN1")}, {"shift", std::int64_t{2}}};
    segment.name = "visit-0001";
    segment.attributes = {{"point", std::string("P1")}, {"side", std::monostate{}}};
    segment.labels.push_back({"result", std::string("NG"), 1, "", {}, ""});
    segment.labels.push_back({"grade", std::monostate{}, 0, "", {}, "no data"});
  }
  std::string group(const std::string& by) const {
    SplitRule rule;
    rule.by = by;
    return split_group(rule, session, segment);
  }
};

TEST(SplitGroups, ComeFromTheSessionAnAttributeOrALabel) {
  const Case one;
  EXPECT_EQ(one.group("session"), "seat-0001");
  EXPECT_EQ(one.group("attribute:part"), "SN1");
  EXPECT_EQ(one.group("attribute:shift"), "2");
  EXPECT_EQ(one.group("attribute:point"), "P1");
  EXPECT_EQ(one.group("label:result"), "NG");
}

TEST(SplitGroups, SegmentsOfOneGroupNeverMeetTwoSplits) {
  const SplitRule rule =
      rule_of(R"({"by": "attribute:part", "ratios": {"train": 0.5, "val": 0.5}})");
  std::map<std::string, std::string> seen;
  for (int i = 0; i < 300; ++i) {
    Case one;
    one.session.id = "session-" + std::to_string(i);
    one.session.attributes[0].second = "SN" + std::to_string(i % 20);
    const std::string group = split_group(rule, one.session, one.segment);
    const std::string split = split_of(rule, group);
    EXPECT_EQ(seen.emplace(group, split).first->second, split);
  }
  EXPECT_EQ(seen.size(), 20u);
}

TEST(SplitGroups, AMissingOrUnknownValueIsNoGroup) {
  const Case one;
  const auto message = [&](const std::string& by) -> std::string {
    try {
      return one.group(by);
    } catch (const InputError& error) {
      return error.what();
    }
  };
  EXPECT_THAT(message("attribute:prat"), HasSubstr("segment visit-0001: has no attribute 'prat'"));
  EXPECT_THAT(message("attribute:parts"), HasSubstr("Did you mean 'part'?"));
  EXPECT_THAT(message("label:grade"), HasSubstr("is unknown, so its split cannot be told"));
  EXPECT_THAT(message("attribute:side"), HasSubstr("is unknown"));
}

TEST(SplitRules, AreCheckedAtTheirPlace) {
  const auto message = [](const char* json) -> std::string {
    try {
      rule_of(json);
    } catch (const InputError& error) {
      return error.what();
    }
    return "accepted";
  };
  EXPECT_THAT(message(R"({"by": "part"})"),
              HasSubstr("expected 'session', 'attribute:NAME' or 'label:NAME'"));
  EXPECT_THAT(message(R"({"ratios": {"train": 0.8, "val": 0.1}})"),
              HasSubstr("they sum up to 0.9, expected 1"));
  EXPECT_THAT(message(R"({"ratios": {"train": 1.5, "val": -0.5}})"),
              HasSubstr("a number of 0 to 1"));
  EXPECT_THAT(message(R"({"ratio": {}})"), HasSubstr("Did you mean 'ratios'?"));
  EXPECT_EQ(message(R"({"ratios": {"a": 0.1, "b": 0.2, "c": 0.7}})"), "accepted")
      << "rounding of the sum";
}

}  // namespace
}  // namespace reelcell::curate
