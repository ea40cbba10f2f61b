// Signals as stretches of samples, and expressions over them sample by sample.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "reelcell/base/time.hpp"

namespace reelcell::label {

/// Three-valued logic a sample.
enum Truth : std::int8_t { kFalse = 0, kTrue = 1, kNotKnown = -1 };
inline Truth truth_not(Truth a) { return a == kNotKnown ? a : (a == kTrue ? kFalse : kTrue); }
inline Truth truth_and(Truth a, Truth b) {
  if (a == kFalse || b == kFalse) return kFalse;
  return a == kTrue && b == kTrue ? kTrue : kNotKnown;
}
inline Truth truth_or(Truth a, Truth b) { return truth_not(truth_and(truth_not(a), truth_not(b))); }

enum class Content { kNumbers, kTruths, kTexts };

/// One stretch: rows in time order; `content` says which of the three vectors is filled.
struct Samples {
  Content content = Content::kNumbers;
  std::vector<SessionTime> times;
  std::size_t width = 1;
  std::vector<double> numbers;  ///< rows x width; NaN = missing
  std::vector<Truth> truths;
  std::vector<std::optional<std::string>> texts;
  bool constant = false;  ///< one row for all times: a value that is not a signal
  bool held = false;  ///< a state: the last sample holds until the next, however long that takes
  bool backward = false;  ///< a sample stands for the time before it (derivatives), not after it
  Nanos hold_limit{0};    ///< not `held`: a sample stands for no longer than this; 0 = not known

  std::size_t rows() const { return constant ? 1 : times.size(); }
  double number(std::size_t row, std::size_t element = 0) const {
    return numbers[(constant ? 0 : row) * width + (width == 1 ? 0 : element)];
  }
  Truth truth(std::size_t row) const { return truths[constant ? 0 : row]; }
  const std::optional<std::string>& text(std::size_t row) const {
    return texts[constant ? 0 : row];
  }
};

inline constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

/// Brings two signals onto the union of their times: numbers that vary are interpolated, states are
/// held, and outside of a signal's samples it is missing. Constants are left alone.
void align(Samples& a, Samples& b);
/// The value at one time, by the same rules. Row 0 of the result; missing where there is none.
Samples resample(const Samples& source, const std::vector<SessionTime>& times);

// Sample functions of the table.
Samples sample_abs(const Samples& argument);
Samples sample_norm(const Samples& argument);
Samples sample_speed(const Samples& argument);  ///< per second, backward differences
Samples sample_rate(const Samples& argument);

}  // namespace reelcell::label
