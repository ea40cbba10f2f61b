#include "internal/unit_of_name.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

namespace reelcell::pipeline {
namespace {

using Words = std::vector<std::string>;

/// "Motor.vel_rad_s[2]" -> motor, vel, rad, s, 2.
Words words_of(std::string_view name) {
  Words words;
  std::string word;
  for (const char c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) || c == '%') {
      word += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      continue;
    }
    if (!word.empty()) words.push_back(std::move(word));
    word.clear();
  }
  if (!word.empty()) words.push_back(std::move(word));
  return words;
}

bool is_element(const std::string& word) {
  const bool number =
      word.size() <= 3 &&
      std::all_of(word.begin(), word.end(), [](unsigned char c) { return std::isdigit(c); });
  return number || word == "x" || word == "y" || word == "z" || word == "w";
}

/// What a column measures; a word of its name that begins so says that it does.
struct Measure {
  std::array<std::string_view, 8> begins{};
  std::array<std::string_view, 10> whole{};
};
const Measure kAnything{};
const Measure kTemperature{{"temperature"}, {"temp", "temps"}};
const Measure kForce{{}, {"force", "forces", "f", "fx", "fy", "fz"}};
const Measure kTorque{{"torque"}, {"moment", "tau", "mx", "my", "mz"}};
const Measure kCurrent{{"current"}, {}};
const Measure kVoltage{{"volt"}, {"vbat", "vbus"}};
const Measure kPressure{{"press", "vacuum"}, {}};
const Measure kPower{{"power"}, {}};
const Measure kLength{{"pos", "dist", "height", "width", "length", "depth", "altitude", "radius"},
                      {"x", "y", "z", "tx", "ty", "tz"}};
const Measure kSpeed{{"vel", "speed"}, {"v", "vx", "vy", "vz"}};
const Measure kAcceleration{{"acc"}, {"a", "ax", "ay", "az"}};
const Measure kDuration{{"duration", "latency", "delay", "elapsed", "timeout", "exposure"},
                        {"time", "dt", "period", "age"}};

struct Ending {
  std::array<std::string_view, 3> words;  ///< the name's last ones
  std::string_view unit;
  const Measure* measure;
};

/// Longer endings first. Not here, because two units are written so: ma, mn, mw, mpa (milli or
/// mega) and g (gram or the earth's pull).
const std::array kEndings{
    Ending{{"rad", "s"}, "rad/s", &kAnything},
    Ending{{"rad", "per", "s"}, "rad/s", &kAnything},
    Ending{{"rad", "s2"}, "rad/s^2", &kAnything},
    Ending{{"deg", "s"}, "deg/s", &kAnything},
    Ending{{"deg", "per", "s"}, "deg/s", &kAnything},
    Ending{{"deg", "s2"}, "deg/s^2", &kAnything},
    Ending{{"mm", "s"}, "mm/s", &kAnything},
    Ending{{"mm", "per", "s"}, "mm/s", &kAnything},
    Ending{{"m", "s"}, "m/s", &kSpeed},
    Ending{{"m", "per", "s"}, "m/s", &kAnything},
    Ending{{"m", "s2"}, "m/s^2", &kAcceleration},
    Ending{{"deg", "c"}, "degC", &kTemperature},
    Ending{{"rads"}, "rad/s", &kSpeed},
    Ending{{"mps"}, "m/s", &kSpeed},
    Ending{{"rad"}, "rad", &kAnything},
    Ending{{"mrad"}, "mrad", &kAnything},
    Ending{{"deg"}, "deg", &kAnything},  // but for a temperature
    Ending{{"rpm"}, "rpm", &kAnything},
    Ending{{"mm"}, "mm", &kAnything},
    Ending{{"cm"}, "cm", &kLength},
    Ending{{"um"}, "um", &kLength},
    Ending{{"m"}, "m", &kLength},
    Ending{{"newton"}, "N", &kForce},
    Ending{{"n"}, "N", &kForce},
    Ending{{"kn"}, "kN", &kForce},
    Ending{{"nm"}, "Nm", &kTorque},
    Ending{{"a"}, "A", &kCurrent},
    Ending{{"amp"}, "A", &kCurrent},
    Ending{{"v"}, "V", &kVoltage},
    Ending{{"mv"}, "mV", &kVoltage},
    Ending{{"w"}, "W", &kPower},
    Ending{{"kw"}, "kW", &kPower},
    Ending{{"bar"}, "bar", &kPressure},
    Ending{{"mbar"}, "mbar", &kPressure},
    Ending{{"pa"}, "Pa", &kPressure},
    Ending{{"kpa"}, "kPa", &kPressure},
    Ending{{"c"}, "degC", &kTemperature},
    Ending{{"degc"}, "degC", &kAnything},
    Ending{{"celsius"}, "degC", &kAnything},
    Ending{{"k"}, "K", &kTemperature},
    Ending{{"hz"}, "Hz", &kAnything},
    Ending{{"khz"}, "kHz", &kAnything},
    Ending{{"kg"}, "kg", &kAnything},
    Ending{{"s"}, "s", &kDuration},
    Ending{{"ms"}, "ms", &kDuration},
    Ending{{"us"}, "us", &kDuration},
    Ending{{"ns"}, "ns", &kDuration},
    Ending{{"percent"}, "%", &kAnything},
    Ending{{"pct"}, "%", &kAnything},
};

bool measures(const Measure& measure, const Words& words, std::size_t count) {
  if (&measure == &kAnything) return true;
  const auto says = [&](const std::string& word) {
    return std::any_of(measure.begins.begin(), measure.begins.end(),
                       [&](std::string_view b) { return !b.empty() && word.starts_with(b); }) ||
           std::find(measure.whole.begin(), measure.whole.end(), word) != measure.whole.end();
  };
  return std::any_of(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(count), says);
}

bool ends_in(const Ending& ending, const Words& words, std::size_t count, std::size_t& length) {
  length = static_cast<std::size_t>(std::find(ending.words.begin(), ending.words.end(), "") -
                                    ending.words.begin());
  return length < count && std::equal(ending.words.begin(), ending.words.begin() + length,
                                      words.begin() + static_cast<std::ptrdiff_t>(count - length));
}

/// The unit that the first `count` words end in; nullopt where they end in none.
std::optional<std::string> unit_of(const Words& words, std::size_t count) {
  for (const Ending& ending : kEndings) {
    std::size_t length = 0;
    if (!ends_in(ending, words, count, length)) continue;
    const bool sure = measures(*ending.measure, words, count - length) &&
                      !(ending.unit == "deg" && measures(kTemperature, words, count - length));
    return sure ? std::string(ending.unit) : "";
  }
  return std::nullopt;
}

/// "current_a" beside "current_b" is a phase or a copy.
bool is_one_of_several(const Words& words, std::size_t count,
                       const std::vector<std::string>& columns) {
  const std::string& letter = words[count - 1];
  if (letter.size() != 1) return false;
  return std::any_of(columns.begin(), columns.end(), [&](const std::string& column) {
    const Words other = words_of(column);
    return other.size() == words.size() && other[count - 1].size() == 1 &&
           other[count - 1] != letter &&
           std::equal(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(count - 1),
                      other.begin());
  });
}

}  // namespace

std::string unit_of_name(std::string_view column, const std::vector<std::string>& columns) {
  const Words words = words_of(column);
  std::size_t count = words.size();
  if (count < 2) return "";
  auto unit = unit_of(words, count);
  // "torque_nm_3" and "pos_mm_x" are elements of "torque_nm" and "pos_mm".
  if (!unit && is_element(words.back())) unit = unit_of(words, --count);
  return unit && !is_one_of_several(words, count, columns) ? *unit : "";
}

}  // namespace reelcell::pipeline
