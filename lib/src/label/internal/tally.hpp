// What the functions over samples share: how many samples there were, and why there is no answer.
#pragma once

#include <cstdint>
#include <string>

#include "internal/evaluation.hpp"

namespace reelcell::label {

/// Samples seen and missing, and what they say about an answer.
struct Tally {
  std::uint64_t samples = 0;
  std::uint64_t missing = 0;
  std::uint64_t there() const { return samples - missing; }
  double coverage() const {
    return samples == 0 ? 0 : static_cast<double>(there()) / static_cast<double>(samples);
  }
  std::string note() const {
    return std::to_string(samples) + (samples == 1 ? " sample" : " samples") +
           (missing ? ", " + std::to_string(missing) + " missing" : "");
  }
};

/// Name of the leftmost signal of an expression: what a message or an input calls it.
std::string first_signal(const Node& node);
/// "[12.400s, 12.600s)".
std::string segment_text(const Evaluation& evaluation);
/// Why there is no answer: an operand, no samples, or all of them missing.
Datum nothing(Evaluation& evaluation, const Node& signal, const Tally& tally);

}  // namespace reelcell::label
