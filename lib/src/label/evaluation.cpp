#include "internal/evaluation.hpp"

#include <cmath>

#include "internal/functions.hpp"
#include "reelcell/base/error.hpp"

namespace reelcell::label {
namespace {
constexpr std::size_t kMaxInputs = 32;

/// A missing attribute or field: what there is, and what may have been meant.
Datum missing(const std::string& what, const std::string& name,
              const std::vector<std::pair<std::string, Value>>& values) {
  std::vector<std::string> names;
  names.reserve(values.size());
  for (const auto& [each, value] : values) names.push_back(each);
  return unknown(what + " has no '" + name + "'; " +
                 (names.empty() ? "it has none" : "it has " + list_of(names)) + "." +
                 did_you_mean(name, names));
}
Datum from_value(const Value& value, const std::string& what) {
  if (std::holds_alternative<std::monostate>(value)) return unknown(what + " is empty");
  const auto* real = std::get_if<double>(&value);
  if (real && !std::isfinite(*real)) return unknown(what + " is not a number");
  return known(value);
}
const char* kind_of(const Value& value) {
  if (std::holds_alternative<bool>(value)) return "true or false";
  if (std::holds_alternative<std::string>(value)) return "text";
  return "a number";
}

Datum not_a_number(const Datum& datum) {
  return unknown("'" + to_text(datum.value) + "' is " + kind_of(datum.value) +
                 ", a number was expected");
}
/// Numbers converted; what is no number is left for the operation to refuse.
Datum converted(Datum datum, const Conversion& conversion) {
  if (conversion.identity || !datum.known()) return datum;
  if (const std::optional<double> value = number_in(datum.value)) datum.value = conversion(*value);
  return datum;
}

Datum whole_arithmetic(char op, std::int64_t a, std::int64_t b, bool& done) {
  std::int64_t result = 0;
  bool overflow = true;
  if (op == '+') overflow = __builtin_add_overflow(a, b, &result);
  if (op == '-') overflow = __builtin_sub_overflow(a, b, &result);
  if (op == '*') overflow = __builtin_mul_overflow(a, b, &result);
  done = !overflow;
  return known(result);
}
Datum arithmetic(char op, const Datum& left, const Datum& right, const Conversion& after) {
  const std::optional<double> a = number_in(left.value), b = number_in(right.value);
  if (!a) return not_a_number(left);
  if (!b) return not_a_number(right);
  const auto* whole_a = std::get_if<std::int64_t>(&left.value);
  const auto* whole_b = std::get_if<std::int64_t>(&right.value);
  if (whole_a && whole_b && op != '/' && after.identity) {
    bool done = false;
    Datum result = whole_arithmetic(op, *whole_a, *whole_b, done);
    if (done) return result;
  }
  if (op == '/' && *b == 0) return unknown("division by zero");
  const double result = op == '+' ? *a + *b : op == '-' ? *a - *b : op == '*' ? *a * *b : *a / *b;
  if (!std::isfinite(result)) return unknown("the result is too large to be a number");
  return known(after(result));
}
Datum time_arithmetic(char op, const Datum& left, const Datum& right) {
  const auto ns = [](const Datum& datum) -> std::optional<std::int64_t> {
    if (const auto* whole = std::get_if<std::int64_t>(&datum.value)) return *whole;
    const auto* real = std::get_if<double>(&datum.value);
    return real ? std::optional(whole_ns(*real)) : std::nullopt;
  };
  const std::optional<std::int64_t> a = ns(left), b = ns(right);
  if (!a) return not_a_number(left);
  if (!b) return not_a_number(right);
  const std::int64_t minus_b = *b == INT64_MIN ? INT64_MAX : -*b;
  return known(add_ns(*a, op == '-' ? minus_b : *b));
}
}  // namespace

std::string binding_text(const Binding& binding) {
  switch (binding.kind) {
    case Binding::Kind::kSignal:
      return binding.stream + "." + binding.field +
             (binding.indexed ? "[" + std::to_string(binding.element) + "]" : "");
    case Binding::Kind::kFigure:
    case Binding::Kind::kEventField:
      return binding.stream + "." + binding.field;
    case Binding::Kind::kStream:
      return binding.stream;
    case Binding::Kind::kThisEvent:
      return "event." + binding.field;
    case Binding::Kind::kSegment:
      return "segment." + binding.field;
    case Binding::Kind::kSession:
      return "session." + binding.field;
    case Binding::Kind::kLabel:
      return "label." + binding.field;
    case Binding::Kind::kConfidence:
      return "label." + binding.field + ".confidence";
    case Binding::Kind::kParameter:
    case Binding::Kind::kNone:
      break;
  }
  return binding.field;
}

Datum compare(const std::string& op, const Datum& left, const Datum& right) {
  const auto decide = [&op](auto a, auto b) {
    if (op == "==") return a == b;
    if (op == "!=") return a != b;
    if (op == "<") return a < b;
    if (op == "<=") return a <= b;
    if (op == ">") return a > b;
    return a >= b;
  };
  const Value& a = left.value;
  const Value& b = right.value;
  const auto *whole_a = std::get_if<std::int64_t>(&a), *whole_b = std::get_if<std::int64_t>(&b);
  if (whole_a && whole_b) return known(decide(*whole_a, *whole_b));
  const std::optional<double> real_a = number_in(a), real_b = number_in(b);
  if (real_a && real_b) return known(decide(*real_a, *real_b));
  if (a.index() != b.index())
    return unknown("'" + to_text(a) + "' is " + kind_of(a) + " and '" + to_text(b) + "' is " +
                   kind_of(b) + ": they cannot be compared");
  if (const auto* text = std::get_if<std::string>(&a))
    return known(decide(std::string_view(*text), std::string_view(std::get<std::string>(b))));
  if (op != "==" && op != "!=") return unknown("true and false have no order");
  return known(decide(std::get<bool>(a), std::get<bool>(b)));
}

void Evaluation::add_input(std::string input) {
  if (input_names_.contains(input)) return;
  if (inputs_.size() >= kMaxInputs) {
    ++inputs_left_out_;
    return;
  }
  input_names_.insert(input);
  inputs_.push_back(std::move(input));
}

std::vector<std::string> Evaluation::take_inputs() {
  std::vector<std::string> inputs = std::move(inputs_);
  if (inputs_left_out_ > 0) inputs.push_back("and " + std::to_string(inputs_left_out_) + " more");
  inputs_.clear();
  input_names_.clear();
  inputs_left_out_ = 0;
  return inputs;
}

const Datum* Evaluation::found(const Node& node) const {
  const auto place = found_.find(&node);
  return place == found_.end() ? nullptr : &place->second;
}

Datum Evaluation::value(const Node& node) {
  if (node.per_event) return compute(node);
  if (const Datum* datum = found(node)) return *datum;
  Datum datum = compute(node);
  found_[&node] = datum;
  return datum;
}

Datum Evaluation::argument(const Node& call, std::size_t i) {
  return converted(value(*call.children[i]), call.conversions[i]);
}

Datum Evaluation::compute(const Node& node) {
  switch (node.kind) {
    case NodeKind::kLiteral:
      return node.type.base == Base::kUnknown ? unknown("the rule says unknown")
                                              : known(node.literal);
    case NodeKind::kName:
      return compute_name(node);
    case NodeKind::kNot:
    case NodeKind::kAnd:
    case NodeKind::kOr:
      return compute_logic(node);
    case NodeKind::kIn:
      return compute_in(node);
    case NodeKind::kIsUnknown:
      return known(value(*node.children[0]).known() == node.negated);
    case NodeKind::kCall:
      return node.function->evaluate(*this, node);
    case NodeKind::kAs: {
      Datum datum = value(*node.children[0]);
      if (datum.known() && !number_in(datum.value)) return not_a_number(datum);
      return converted(datum, node.conversions[0]);
    }
    case NodeKind::kNegate: {
      Datum datum = value(*node.children[0]);
      if (!datum.known()) return datum;
      Datum result = arithmetic('-', known(std::int64_t{0}), datum, {});
      if (result.known()) result.coverage = datum.coverage;
      return result;
    }
    case NodeKind::kCompare:
    case NodeKind::kArithmetic:
      break;
    case NodeKind::kQuery:
      return unknown("events are not a value");
  }
  Datum left = argument(node, 0);
  if (!left.known()) return left;
  Datum right = argument(node, 1);
  if (!right.known()) return right;
  Datum result;
  if (node.kind == NodeKind::kCompare)
    result = compare(node.text, left, right);
  else if (node.type.base == Base::kText)
    result = known(to_text(left.value) + to_text(right.value));
  else if (node.children[0]->type.base == Base::kTime || node.children[1]->type.base == Base::kTime)
    result = time_arithmetic(node.text[0], left, right);
  else
    result = arithmetic(node.text[0], left, right, node.conversions[2]);
  if (result.known()) result.coverage = std::min(left.coverage, right.coverage);
  return result;
}

namespace {
/// Truth of a datum; what is known but no condition becomes unknown with the reason.
Truth truth_of(Datum& datum) {
  if (!datum.known()) return kNotKnown;
  if (const auto* truth = std::get_if<bool>(&datum.value)) return *truth ? kTrue : kFalse;
  datum = unknown("'" + to_text(datum.value) + "' is " + kind_of(datum.value) +
                  ", a condition was expected; compare it with something");
  return kNotKnown;
}
}  // namespace

Datum Evaluation::compute_logic(const Node& node) {
  Datum left = value(*node.children[0]);
  const Truth a = truth_of(left);
  if (node.kind == NodeKind::kNot) {
    if (a == kNotKnown) return left;
    return known(a == kFalse, left.coverage);
  }
  const Truth decisive = node.kind == NodeKind::kAnd ? kFalse : kTrue;
  if (a == decisive) return known(a == kTrue, left.coverage);
  Datum right = value(*node.children[1]);
  const Truth b = truth_of(right);
  if (b == decisive) return known(b == kTrue, right.coverage);
  if (a == kNotKnown) return left;
  if (b == kNotKnown) return right;
  return known(b == kTrue, std::min(left.coverage, right.coverage));
}

Datum Evaluation::compute_in(const Node& node) {
  Datum wanted = value(*node.children[0]);
  if (!wanted.known()) return wanted;
  Datum result = known(false, wanted.coverage);
  for (std::size_t i = 1; i < node.children.size(); ++i) {
    Datum item = argument(node, i);
    Datum same = item.known() ? compare("==", wanted, item) : item;
    const Truth truth = truth_of(same);
    if (truth == kTrue) return known(!node.negated, wanted.coverage);
    if (truth == kNotKnown) result = same;
  }
  if (result.known()) result.value = node.negated;
  return result;
}

Datum Evaluation::compute_name(const Node& node) {
  const Binding& binding = node.binding;
  switch (binding.kind) {
    case Binding::Kind::kParameter: {
      Datum datum = from_value(binding.constant, "parameter '" + binding.field + "'");
      add_input(binding.field + "=" + datum_text(datum, node.type));
      return datum;
    }
    case Binding::Kind::kThisEvent:
      return event_field(*event_, "the event", binding.field, node.type);
    case Binding::Kind::kSegment:
      add_input(binding_text(binding));
      return compute_segment(node);
    case Binding::Kind::kSession:
      add_input(binding_text(binding));
      return compute_session(node);
    case Binding::Kind::kLabel:
    case Binding::Kind::kConfidence:
      add_input(binding_text(binding));
      return compute_label(node);
    default:
      return unknown("'" + binding_text(binding) + "' is not one value");
  }
}

Datum Evaluation::compute_segment(const Node& node) const {
  const Segment& segment = *scene_.segment;
  const std::string& field = node.binding.field;
  if (field == "start") return known(ns_of(segment.range.start));
  if (field == "end") return known(ns_of(segment.range.end));
  if (field == "duration") return known(segment.range.length().count());
  if (field == "kind") return known(segment.kind);
  if (field == "name") return known(segment.name);
  if (field == "task") return known(segment.task);
  const Value* value = segment.attribute(field);
  if (!value) return missing("the segment " + segment.name, field, segment.attributes);
  return from_value(*value, "segment." + field);
}

Datum Evaluation::compute_session(const Node& node) const {
  const std::string& field = node.binding.field;
  if (field == "id") return known(scene_.session->id);
  if (node.type.base == Base::kTime || node.type.is_duration()) {
    const TimeRange extent = scene_.signals->extent();
    if (field == "start") return known(ns_of(extent.start));
    if (field == "end") return known(ns_of(extent.end));
    return known(extent.length().count());
  }
  const Value* value = scene_.session->attribute(field);
  if (!value) return missing("the session", field, scene_.session->attributes);
  return from_value(*value, "session." + field);
}

Datum Evaluation::compute_label(const Node& node) const {
  const std::string& name = node.binding.field;
  const bool confidence = node.binding.kind == Binding::Kind::kConfidence;
  if (scene_.labels)
    if (const auto found = scene_.labels->find(name); found != scene_.labels->end()) {
      if (confidence) return known(found->second.confidence);
      Datum datum = found->second.datum;
      if (datum.known()) datum.coverage = found->second.confidence;
      if (!datum.known()) datum.why = "label." + name + " is unknown: " + datum.why;
      return datum;
    }
  const Label* label = scene_.segment->label(name);
  if (!label) return unknown("the segment has no label '" + name + "'");
  if (confidence) return known(label->confidence);
  return from_value(label->value, "label." + name);
}

Datum Evaluation::event_field(const Event& event, const std::string& stream,
                              const std::string& field, const Type& type) const {
  if (field == "time") return known(ns_of(event.time));
  if (field == "end") return known(ns_of(event.end));
  if (field == "kind") return known(event.kind);
  if (field == "duration") return known((event.end - event.time).count());
  const std::string place = stream + "@" + time_text(event.time);
  const Value* value = event.field(field);
  if (!value) return missing(place, field, event.fields);
  Datum datum = from_value(*value, stream + "." + field + "@" + time_text(event.time));
  if (!datum.known() || type.base != Base::kNumber || !type.stated) return datum;
  if (!number_in(datum.value)) return not_a_number(datum);
  return converted(datum, conversion(type.shown, type.unit));
}

}  // namespace reelcell::label
