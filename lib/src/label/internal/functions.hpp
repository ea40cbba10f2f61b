// The functions, declared once: typing, evaluation, help and describe_functions() all come from
// this table.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "internal/ast.hpp"
#include "internal/datum.hpp"
#include "internal/samples.hpp"

namespace reelcell::label {

class Evaluation;

enum class Takes {
  kNumberSignal,    ///< one number a sample
  kVectorSignal,    ///< numbers, any width
  kAnySignal,       ///< numbers, texts or conditions, one a sample
  kCondition,       ///< true or false a sample
  kEvents,          ///< a stream of events, with or without clauses
  kField,           ///< a field of events, with or without clauses
  kNumber,          ///< one number
  kNumberOrSignal,  ///< one number, or a signal of any width
  kPlain,           ///< one number without a unit, or a percentage
  kDuration,
  kTime,
  kMoment,  ///< a time, or events: the time of their first
  kBool,
  kText,
  kValue,  ///< one value of any type
};

enum class Gives {
  kSame,        ///< of the type of the first argument, one value
  kDifference,  ///< the same, as a difference (K for degC)
  kSameShape,   ///< exactly the type of the first argument
  kNorm,        ///< a signal in the unit of the first argument, one number a sample
  kSpeed,       ///< a signal in that unit per second, one number a sample
  kRate,        ///< a signal in that unit per second, of the same width
  kBlend,       ///< the common type of the last two arguments
  kBool,
  kPlain,
  kDuration,
  kTime,
  kText,
};

struct FunctionRow {
  std::string_view name;
  std::string_view group;  ///< "signals", "events", "values"
  std::string_view signature;
  std::string_view help;
  std::vector<Takes> takes;
  std::size_t required;
  Gives gives;
  Datum (*evaluate)(Evaluation&, const Node& call) = nullptr;  ///< one value
  Samples (*sample)(const Samples& argument) = nullptr;        ///< one value a sample
};

const std::vector<FunctionRow>& all_functions();
std::vector<const FunctionRow*> functions_named(std::string_view name);

}  // namespace reelcell::label
