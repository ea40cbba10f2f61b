// Calls: which overload is meant, and the type of its result.
#include <algorithm>

#include "internal/check.hpp"
#include "internal/functions.hpp"
#include "reelcell/base/error.hpp"

namespace reelcell::label {
namespace {
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

void check_call(const Source& source, Node& node) { CallChecker(source, node).run(); }

}  // namespace reelcell::label
