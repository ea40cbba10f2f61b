#include "reelcell/base/units.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numbers>

#include "reelcell/base/error.hpp"

namespace reelcell {
namespace {
using testing::HasSubstr;

TEST(Units, ConvertsExactlyWhereTheScalesAllowIt) {
  EXPECT_EQ(convert_unit(20, parse_unit("ms"), parse_unit("s")), 0.02);
  EXPECT_EQ(convert_unit(0.02, parse_unit("s"), parse_unit("ns")), 20'000'000);
  EXPECT_EQ(convert_unit(5, parse_unit("%"), parse_unit("")), 0.05);
  EXPECT_EQ(convert_unit(1.25, parse_unit("m"), parse_unit("mm")), 1250);
  EXPECT_DOUBLE_EQ(convert_unit(180, parse_unit("deg"), parse_unit("rad")), std::numbers::pi);
  EXPECT_DOUBLE_EQ(convert_unit(60, parse_unit("rpm"), parse_unit("turn/s")), 1);
  EXPECT_DOUBLE_EQ(convert_unit(25, parse_unit("degC"), parse_unit("K")), 298.15);
}

TEST(Units, TellsAngularSpeedFromSpeedAndFromFrequency) {
  EXPECT_NE(parse_unit("rad/s").dimension, parse_unit("m/s").dimension);
  EXPECT_NE(parse_unit("rad/s").dimension, parse_unit("Hz").dimension);
  EXPECT_EQ(parse_unit("1/s").dimension, parse_unit("Hz").dimension);
}

TEST(Units, ReadsTheCommonSpellingsOfExponents) {
  for (const char* text : {"m/s^2", "m/s2", "m/s/s", "m*s^-2"})
    EXPECT_EQ(parse_unit(text).dimension, parse_unit("m/s^2").dimension) << text;
  EXPECT_EQ(parse_unit("kg*m/s^2").dimension, parse_unit("N").dimension);
}

TEST(Units, NamesDimensionsInWords) {
  EXPECT_EQ(describe(parse_unit("deg/s").dimension), "an angle per time (rad/s)");
  EXPECT_EQ(describe(parse_unit("kg*m^2").dimension), "a quantity in m^2*kg");
  EXPECT_EQ(per_second(parse_unit("mm/s")).text, "mm/s^2");
  EXPECT_EQ(per_second(parse_unit("deg")).text, "deg/s");
}

TEST(Units, RefusesWhatIsNotAUnitAndSuggestsTheNearest) {
  for (const char* text : {"s-1", "^2", "m^", "m//s", "rad/", "m^99", "2", "-2", "degC^2"})
    EXPECT_FALSE(find_unit(text)) << text;
  try {
    parse_unit("rads/s");
    FAIL() << "accepted rads/s";
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), HasSubstr("'rads' is not known"));
    EXPECT_THAT(error.what(), HasSubstr("Did you mean 'rad'?"));
  }
}

TEST(Units, QuantityIsANumberAndItsUnit) {
  const Quantity speed = parse_quantity("0.05 rad/s");
  EXPECT_EQ(speed.value, 0.05);
  EXPECT_EQ(speed.unit.text, "rad/s");
  EXPECT_EQ(parse_quantity("-3deg").value, -3);
  EXPECT_TRUE(parse_quantity("12").unit.dimension.none());
  EXPECT_THROW(parse_quantity("fast"), InputError);
  EXPECT_THROW(parse_quantity("nan"), InputError);
  EXPECT_THROW(parse_quantity(""), InputError);
}

}  // namespace
}  // namespace reelcell
