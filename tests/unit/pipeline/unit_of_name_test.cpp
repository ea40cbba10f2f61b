#include "internal/unit_of_name.hpp"

#include <gtest/gtest.h>

#include "reelcell/base/units.hpp"

namespace reelcell::pipeline {
namespace {

std::string unit(const std::string& column, const std::vector<std::string>& others = {}) {
  return unit_of_name(column, others);
}

TEST(UnitOfName, IsTheOneThatTheNameEndsIn) {
  const std::vector<std::pair<std::string, std::string>> usual = {{"temp_c", "degC"},
                                                                  {"motor_temperature_C", "degC"},
                                                                  {"vel_rad_s", "rad/s"},
                                                                  {"omega_deg_s", "deg/s"},
                                                                  {"force_n", "N"},
                                                                  {"pos_mm", "mm"},
                                                                  {"pos_m", "m"},
                                                                  {"torque_nm", "Nm"},
                                                                  {"angle_deg", "deg"},
                                                                  {"q_rad", "rad"},
                                                                  {"current_a", "A"},
                                                                  {"voltage_v", "V"},
                                                                  {"pressure_bar", "bar"},
                                                                  {"speed_m_s", "m/s"},
                                                                  {"acc_m_s2", "m/s^2"},
                                                                  {"spindle_rpm", "rpm"},
                                                                  {"payload_kg", "kg"},
                                                                  {"latency_ms", "ms"},
                                                                  {"cycle_time_s", "s"},
                                                                  {"humidity_percent", "%"},
                                                                  {"motor.power_w", "W"},
                                                                  {"line_frequency_hz", "Hz"},
                                                                  {"feed_mm_per_s", "mm/s"},
                                                                  {"supply_pressure_kpa", "kPa"},
                                                                  {"x_m", "m"},
                                                                  {"fx_n", "N"}};
  for (const auto& [column, expected] : usual) {
    EXPECT_EQ(unit(column), expected) << column;
    EXPECT_TRUE(find_unit(expected)) << expected;
  }
}

TEST(UnitOfName, OfAnElementIsThatOfItsVector) {
  EXPECT_EQ(unit("torque_nm_3"), "Nm");
  EXPECT_EQ(unit("pos_mm_x"), "mm");
  EXPECT_EQ(unit("joint.vel_rad_s[2]"), "rad/s");
}

TEST(UnitOfName, IsNoneWhereTheEndingIsALetterOfSomethingElse) {
  for (const char* column :
       {"joint_a", "camera_c", "sample_n", "phase_v", "quat_w", "count_m", "state_s", "k_k", "a_a"})
    EXPECT_EQ(unit(column), "") << column;
}

TEST(UnitOfName, IsNoneWhereTwoUnitsAreWrittenSo) {
  for (const char* column :
       {"laser_nm", "current_ma", "force_mn", "power_mw", "pressure_mpa", "acc_g", "vel_ms",
        "speed_kn", "temp_deg", "temp_f", "crow_bar", "template_c", "angle_deg_c", "span_m_s"})
    EXPECT_EQ(unit(column), "") << column;
}

TEST(UnitOfName, IsNoneForOneOfSeveralPhases) {
  EXPECT_EQ(unit("current_a", {"t", "current_a", "current_b", "current_c"}), "");
  EXPECT_EQ(unit("voltage_v", {"voltage_u", "voltage_v", "voltage_w"}), "");
  EXPECT_EQ(unit("current_a", {"t", "current_a", "voltage_v"}), "A");
  EXPECT_EQ(unit("motor_current_a_2", {"motor_current_a_1", "motor_current_a_2"}), "A");
  EXPECT_EQ(unit("current_a_1", {"current_a_1", "current_b_1"}), "");
}

TEST(UnitOfName, IsNoneForANameThatIsOneWord) {
  for (const char* column : {"rad", "mm", "temperature", "n", "", "_", "Hz"})
    EXPECT_EQ(unit(column), "") << column;
}

}  // namespace
}  // namespace reelcell::pipeline
