// The unit that the name of a column ends in.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace reelcell::pipeline {

/// "temp_c" -> "degC", "vel_rad_s" -> "rad/s", "torque_nm_3" -> "Nm"; "" where the name tells none
/// or could mean another: an ending that is also a word, a number or another unit counts only
/// beside the name of what it measures ("torque_nm", not "laser_nm"), and a letter not beside a
/// column that has another one in its place ("current_a" with "current_b").
std::string unit_of_name(std::string_view column, const std::vector<std::string>& columns);

}  // namespace reelcell::pipeline
