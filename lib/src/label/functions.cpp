#include "internal/functions.hpp"

#include <algorithm>

#include "internal/check.hpp"
#include "internal/function_bodies.hpp"
#include "reelcell/base/error.hpp"

namespace reelcell::label {
namespace {
std::vector<FunctionRow> make_table() {
  using enum Takes;
  const char* signals = "signals";
  const char* events = "events";
  const char* values = "values";
  return {
      // Signals, over the segment.
      {"mean",
       signals,
       "mean(signal)",
       "Average of the samples in the segment.",
       {kNumberSignal},
       1,
       Gives::kSame,
       &signal_mean},
      {"min",
       signals,
       "min(signal)",
       "Smallest sample in the segment.",
       {kNumberSignal},
       1,
       Gives::kSame,
       &signal_min},
      {"max",
       signals,
       "max(signal)",
       "Largest sample in the segment.",
       {kNumberSignal},
       1,
       Gives::kSame,
       &signal_max},
      {"std",
       signals,
       "std(signal)",
       "Standard deviation of the samples (divided by n).",
       {kNumberSignal},
       1,
       Gives::kDifference,
       &signal_std},
      {"median",
       signals,
       "median(signal)",
       "Middle value of the samples; of an even number the mean of the two in the middle.",
       {kNumberSignal},
       1,
       Gives::kSame,
       &signal_median},
      {"percentile",
       signals,
       "percentile(signal, share)",
       "Value below which this share of the samples lies, as in percentile(force.fz, 95 %); linear "
       "between ranks.",
       {kNumberSignal, kPlain},
       2,
       Gives::kSame,
       &signal_percentile},
      {"first",
       signals,
       "first(signal)",
       "First sample in the segment that is not missing.",
       {kAnySignal},
       1,
       Gives::kSame,
       &signal_first},
      {"last",
       signals,
       "last(signal)",
       "Last sample in the segment that is not missing.",
       {kAnySignal},
       1,
       Gives::kSame,
       &signal_last},
      {"delta",
       signals,
       "delta(signal)",
       "Last sample minus first sample.",
       {kNumberSignal},
       1,
       Gives::kDifference,
       &signal_delta},
      {"at",
       signals,
       "at(signal, time)",
       "Value at a time: interpolated for measurements, held for states.",
       {kAnySignal, kTime},
       2,
       Gives::kSame,
       &signal_at},
      {"any",
       signals,
       "any(condition)",
       "Is the condition true for at least one sample?",
       {kCondition},
       1,
       Gives::kBool,
       &condition_any},
      {"all",
       signals,
       "all(condition)",
       "Is the condition true for every sample?",
       {kCondition},
       1,
       Gives::kBool,
       &condition_all},
      {"count",
       signals,
       "count(condition)",
       "Number of samples for which the condition is true.",
       {kCondition},
       1,
       Gives::kPlain,
       &condition_count},
      {"duration_where",
       signals,
       "duration_where(condition)",
       "How long the condition is true within the segment, in all.",
       {kCondition},
       1,
       Gives::kDuration,
       &condition_duration},
      {"share_where",
       signals,
       "share_where(condition)",
       "Share of the segment's time for which the condition is true, 0 to 1; compare it with 80 %.",
       {kCondition},
       1,
       Gives::kPlain,
       &condition_share},
      {"longest_where",
       signals,
       "longest_where(condition)",
       "Longest stretch without a break for which the condition is true.",
       {kCondition},
       1,
       Gives::kDuration,
       &condition_longest},
      // Signals, sample by sample.
      {"speed",
       signals,
       "speed(signal)",
       "Length of the derivative, per second, of each sample: speed(joints.q) in rad/s.",
       {kVectorSignal},
       1,
       Gives::kSpeed,
       nullptr,
       &sample_speed},
      {"rate",
       signals,
       "rate(signal)",
       "Derivative with its sign, per second, of each sample.",
       {kVectorSignal},
       1,
       Gives::kRate,
       nullptr,
       &sample_rate},
      {"norm",
       signals,
       "norm(signal)",
       "Length of the vector, of each sample.",
       {kVectorSignal},
       1,
       Gives::kNorm,
       nullptr,
       &sample_norm},
      {"abs",
       signals,
       "abs(number or signal)",
       "Value without its sign.",
       {kNumberOrSignal},
       1,
       Gives::kSameShape,
       &value_abs,
       &sample_abs},
      // Events.
      {"count",
       events,
       "count(events)",
       "Number of events, as in count(verdicts where result == 'NG'); of a video, its frames.",
       {kEvents},
       1,
       Gives::kPlain,
       &events_count},
      {"exists",
       events,
       "exists(events)",
       "Is there at least one such event?",
       {kEvents},
       1,
       Gives::kBool,
       &events_exist},
      {"first",
       events,
       "first(stream.field where condition)",
       "A field of the first such event; time, end, kind and duration are fields of every event.",
       {kField},
       1,
       Gives::kSame,
       &events_first},
      {"last",
       events,
       "last(stream.field where condition)",
       "A field of the last such event.",
       {kField},
       1,
       Gives::kSame,
       &events_last},
      {"within",
       events,
       "within(duration, events)",
       "Is there such an event in the segment or at most that long before or after it?",
       {kDuration, kEvents},
       2,
       Gives::kBool,
       &events_within},
      {"within",
       events,
       "within(duration, moment, moment)",
       "Are the two at most that far apart? A moment is a time, or events: the first of them.",
       {kDuration, kMoment, kMoment},
       3,
       Gives::kBool,
       &moments_within},
      {"before",
       events,
       "before(moment, moment)",
       "Is the first earlier than the second? A moment is a time, or events: the first of them.",
       {kMoment, kMoment},
       2,
       Gives::kBool,
       &moments_before},
      {"after",
       events,
       "after(moment, moment)",
       "Is the first later than the second? A moment is a time, or events: the first of them.",
       {kMoment, kMoment},
       2,
       Gives::kBool,
       &moments_after},
      {"since",
       events,
       "since(events, time)",
       "Time passed since the last such event at or before a time (segment.start if none is "
       "given).",
       {kEvents, kTime},
       1,
       Gives::kDuration,
       &events_since},
      {"until",
       events,
       "until(events, time)",
       "Time until the next such event at or after a time (segment.end if none is given).",
       {kEvents, kTime},
       1,
       Gives::kDuration,
       &events_until},
      // Values.
      {"if",
       values,
       "if(condition, value, value)",
       "The first value when the condition is true, the second when it is false.",
       {kBool, kValue, kValue},
       3,
       Gives::kBlend,
       &value_if},
      {"default",
       values,
       "default(value, fallback)",
       "The value, or the fallback when it is unknown.",
       {kValue, kValue},
       2,
       Gives::kBlend,
       &value_default},
      {"least",
       values,
       "least(number, number)",
       "The smaller of two numbers.",
       {kNumber, kNumber},
       2,
       Gives::kBlend,
       &value_least},
      {"greatest",
       values,
       "greatest(number, number)",
       "The larger of two numbers.",
       {kNumber, kNumber},
       2,
       Gives::kBlend,
       &value_greatest},
      {"starts_with",
       values,
       "starts_with(text, text)",
       "Does the first text begin with the second?",
       {kText, kText},
       2,
       Gives::kBool,
       &text_starts_with},
      {"ends_with",
       values,
       "ends_with(text, text)",
       "Does the first text end with the second?",
       {kText, kText},
       2,
       Gives::kBool,
       &text_ends_with},
      {"contains",
       values,
       "contains(text, text)",
       "Does the first text contain the second?",
       {kText, kText},
       2,
       Gives::kBool,
       &text_contains},
      {"lower",
       values,
       "lower(text)",
       "The text with A-Z as a-z.",
       {kText},
       1,
       Gives::kText,
       &text_lower},
  };
}

bool fits(Takes takes, const Type& type) {
  const bool signal = type.shape == Shape::kSignal;
  const bool one = type.shape == Shape::kOne && type.base != Base::kEvents;
  const bool dynamic = type.base == Base::kAny || type.base == Base::kUnknown;
  switch (takes) {
    case Takes::kNumberSignal:
      return signal && type.width == 1 && type.base == Base::kNumber;
    case Takes::kVectorSignal:
      return signal && type.base == Base::kNumber;
    case Takes::kAnySignal:
      return signal && type.width == 1;
    case Takes::kCondition:
      return signal && type.width == 1 && type.base == Base::kBool;
    case Takes::kEvents:
      return type.base == Base::kEvents;
    case Takes::kField:
      return type.shape == Shape::kField;
    case Takes::kNumber:
      return one && (type.base == Base::kNumber || dynamic);
    case Takes::kNumberOrSignal:
      return (one && dynamic) || ((one || signal) && type.base == Base::kNumber);
    case Takes::kPlain:
      return one && (type.bare() || (type.base == Base::kNumber && !type.stated) || dynamic);
    case Takes::kDuration:
      return one && type.is_duration();
    case Takes::kTime:
      return one && type.base == Base::kTime;
    case Takes::kMoment:
      return type.base == Base::kEvents || (one && type.base == Base::kTime);
    case Takes::kBool:
      return one && (type.base == Base::kBool || dynamic);
    case Takes::kText:
      return one && (type.base == Base::kText || dynamic);
    case Takes::kValue:
      return one;
  }
  return false;
}

const char* wanted(Takes takes) {
  switch (takes) {
    case Takes::kNumberSignal:
      return "a signal with one number a sample, such as force.fz or joints.q[3]";
    case Takes::kVectorSignal:
      return "a signal, such as joints.q";
    case Takes::kAnySignal:
      return "a signal with one value a sample";
    case Takes::kCondition:
      return "a condition on a signal, such as force.fz > 2 N";
    case Takes::kEvents:
      return "a stream of events, such as verdicts where result == 'NG'";
    case Takes::kField:
      return "a field of events, such as verdicts.result";
    case Takes::kNumber:
      return "a number";
    case Takes::kNumberOrSignal:
      return "a number or a signal";
    case Takes::kPlain:
      return "a number without a unit, such as 0.95 or 95 %";
    case Takes::kDuration:
      return "a duration, such as 200 ms";
    case Takes::kTime:
      return "a time, such as segment.start";
    case Takes::kMoment:
      return "a time, such as segment.start, or events";
    case Takes::kBool:
      return "a condition";
    case Takes::kText:
      return "a text";
    case Takes::kValue:
      return "one value";
  }
  return "?";
}

class CallChecker {
 public:
  CallChecker(const Source& source, Node& node) : source_(source), node_(node) {}

  void run() {
    const std::vector<const FunctionRow*> rows = functions_named(node_.text);
    if (rows.empty()) unknown_function();
    std::vector<const FunctionRow*> of_count;
    for (const FunctionRow* row : rows) {
      const std::size_t given = node_.children.size();
      if (given < row->required || given > row->takes.size()) continue;
      of_count.push_back(row);
      if (!first_misfit(*row)) {
        node_.function = row;
        node_.type = result_type(*row);
        return;
      }
    }
    if (of_count.empty()) wrong_count(rows);
    wrong_type(of_count);
  }

 private:
  std::optional<std::size_t> first_misfit(const FunctionRow& row) const {
    for (std::size_t i = 0; i < node_.children.size(); ++i)
      if (!fits(row.takes[i], node_.children[i]->type)) return i;
    return std::nullopt;
  }
  Span name_span() const { return {node_.span.begin, node_.span.begin + node_.text.size()}; }
  static std::string signatures(const std::vector<const FunctionRow*>& rows) {
    std::string text;
    for (const FunctionRow* row : rows)
      text += (text.empty() ? "" : " or ") + std::string(row->signature);
    return text;
  }
  [[noreturn]] void unknown_function() const {
    std::vector<std::string> names;
    for (const FunctionRow& row : all_functions())
      if (names.empty() || names.back() != row.name) names.emplace_back(row.name);
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    fail(source_, name_span(), unknown_name("function", node_.text, names));
  }
  [[noreturn]] void wrong_count(const std::vector<const FunctionRow*>& rows) const {
    const std::size_t given = node_.children.size();
    fail(source_, node_.span,
         node_.text + "() was given " + std::to_string(given) +
             (given == 1 ? " argument" : " arguments") + "; it is written " + signatures(rows));
  }
  [[noreturn]] void wrong_type(const std::vector<const FunctionRow*>& rows) const {
    const std::size_t at = *first_misfit(*rows.front());
    const Node& argument = *node_.children[at];
    std::string expected;
    for (const FunctionRow* row : rows)
      if (const auto misfit = first_misfit(*row); misfit && *misfit == at)
        expected += (expected.empty() ? "" : ", or ") + std::string(wanted(row->takes[at]));
    std::string hint;
    if (argument.type.shape == Shape::kSignal && argument.type.width > 1)
      hint = "; choose an element with [0] to [" + std::to_string(argument.type.width - 1) +
             "], or take norm(..)";
    fail(source_, argument.span,
         "found " + describe(argument.type) + ", expected " + expected + hint + ". " + node_.text +
             " is written " + signatures(rows));
  }

  Type result_type(const FunctionRow& row) {
    const Type none;
    const Type& first = node_.children.empty() ? none : node_.children[0]->type;
    switch (row.gives) {
      case Gives::kSame:
        return as_one(first);
      case Gives::kDifference:
        return as_one(difference(first));
      case Gives::kSameShape:
        return first;
      case Gives::kNorm:
        return as_signal(difference(first));
      case Gives::kSpeed:
        return as_signal(per_second_of(first));
      case Gives::kRate:
        return as_signal(per_second_of(first), first.width);
      case Gives::kBlend: {
        const std::size_t last = node_.children.size() - 1;
        return as_one(unify(source_, node_, last - 1, last, "an alternative to"));
      }
      case Gives::kBool:
        return bool_type();
      case Gives::kPlain:
        return number_type(Unit{});
      case Gives::kDuration:
        return duration_type();
      case Gives::kTime:
        return time_type();
      case Gives::kText:
        return text_type();
    }
    return {};
  }
  static Type difference(const Type& type) {
    return type.stated && type.unit.offset != 0 ? number_type(difference_unit(type.unit)) : type;
  }
  /// The derivative of a duration counts ns per s; it becomes a plain number through its own
  /// conversion.
  Type per_second_of(const Type& type) {
    if (!type.stated) return unstated_number(type.odd_unit);
    if (!type.is_duration()) return number_type(per_second(type.unit));
    node_.conversions[0] = conversion(nanosecond(), parse_unit("s"));
    return number_type(Unit{});
  }

  const Source& source_;
  Node& node_;
};
}  // namespace

const std::vector<FunctionRow>& all_functions() {
  static const std::vector<FunctionRow> table = make_table();
  return table;
}

std::vector<const FunctionRow*> functions_named(std::string_view name) {
  std::vector<const FunctionRow*> rows;
  for (const FunctionRow& row : all_functions())
    if (row.name == name) rows.push_back(&row);
  return rows;
}

void check_call(const Source& source, Node& node) { CallChecker(source, node).run(); }

}  // namespace reelcell::label
