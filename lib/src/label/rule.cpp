#include "internal/rule.hpp"

#include <algorithm>
#include <cmath>

#include "internal/parser.hpp"
#include "reelcell/base/error.hpp"

namespace reelcell::label {
namespace {
/// A JSON string is an expression; numbers, true, false and null stand for themselves.
Expression expression_of(const Json& json, const std::string& where) {
  if (json.is_string()) return parse_expression(json.get<std::string>(), where);
  if (json.is_boolean() || json.is_number()) return parse_expression(json.dump(), where);
  if (json.is_null()) return parse_expression("unknown", where);
  throw InputError(where, "found " + std::string(json.type_name()) +
                              ", expected an expression such as \"mean(force.fz) > 2 N\"; a text "
                              "is written \"'OK'\"");
}

RuleCase value_case(const Json& json, const std::string& where, const Names& names) {
  RuleCase result{std::nullopt, expression_of(json, where), {}};
  check_as(result.value, names, Base::kAny, "a label");
  return result;
}

/// Makes the types of all cases one, so that a label has one type and one unit.
void join_type(Type& common, RuleCase& added) {
  const Type& type = added.value.root->type;
  const Span span = added.value.root->span;
  if (type.base == Base::kUnknown) return;
  if (common.base == Base::kUnknown) {
    common = type;
    return;
  }
  if (common.base == Base::kAny || type.base == Base::kAny) {
    if (common.base != Base::kNumber) common = common.base == Base::kAny ? type : common;
    return;
  }
  if (common.base != type.base)
    fail(added.value.source, span,
         "this case gives " + describe(type) + ", an earlier one " + describe(common) +
             "; all cases of a label have one type");
  if (type.base != Base::kNumber || !type.stated || !common.stated) return;
  if (type.unit.dimension != common.unit.dimension)
    fail(added.value.source, span,
         "this case gives " + describe(type.unit.dimension) + ", an earlier one " +
             describe(common.unit.dimension) + "; all cases of a label have one unit");
  added.to_common = conversion(type.unit, common.unit);
}

std::string rule_text(const std::vector<RuleCase>& cases) {
  std::string text;
  for (const RuleCase& each : cases) {
    if (!text.empty()) text += "; ";
    if (each.when)
      text += "when " + each.when->source.text + ": ";
    else if (cases.size() > 1)
      text += "else ";
    text += each.value.source.text;
  }
  return text;
}
}  // namespace

CompiledRule compile_rule(const LabelRule& rule, const Names& names) {
  CompiledRule compiled;
  compiled.name = rule.name;
  JsonObject object(rule.source, rule.where);
  object.ignore("name");
  object.ignore("help");
  if (const Json* value = object.find("value")) {
    if (object.has("cases") || object.has("else"))
      object.fail("cases", "a rule has either \"value\" or \"cases\" and \"else\", not both");
    compiled.cases.push_back(value_case(*value, object.where("value"), names));
  } else {
    std::vector<JsonObject> cases = object.objects("cases");
    if (cases.empty())
      object.fail("value", "missing; a rule has \"value\", or \"cases\" and \"else\"");
    for (JsonObject& each : cases) {
      Expression when = expression_of(each.raw("when"), each.where("when"));
      check_as(when, names, Base::kBool, "'when'");
      RuleCase one = value_case(each.raw("value"), each.where("value"), names);
      each.finish();
      one.when = std::move(when);
      compiled.cases.push_back(std::move(one));
    }
    if (const Json* otherwise = object.find("else"))
      compiled.cases.push_back(value_case(*otherwise, object.where("else"), names));
  }
  for (RuleCase& each : compiled.cases) join_type(compiled.type, each);
  if (const Json* confidence = object.find("confidence")) {
    Expression expression = expression_of(*confidence, object.where("confidence"));
    check_as(expression, names, Base::kNumber, "a confidence");
    const Type& type = expression.root->type;
    if (type.base == Base::kNumber && type.stated && !type.bare())
      fail(expression.source, expression.root->span,
           "a confidence is a number of 0 to 1 or a percentage; found " +
               describe(type.unit.dimension));
    compiled.confidence = std::move(expression);
  }
  if (const Json* unknown_if = object.find("unknown_if")) {
    Expression expression = expression_of(*unknown_if, object.where("unknown_if"));
    check_as(expression, names, Base::kBool, "'unknown_if'");
    compiled.unknown_if = std::move(expression);
  }
  object.finish();
  compiled.text = rule_text(compiled.cases);
  return compiled;
}

namespace {
/// True, false, or unknown with the reason.
Datum condition(const Expression& expression, Evaluation& evaluation) {
  Datum datum = evaluation.value(*expression.root);
  if (datum.known() && !std::holds_alternative<bool>(datum.value))
    return unknown("'" + to_text(datum.value) + "' is not true or false");
  return datum;
}
bool is_true(const Datum& datum) {
  const auto* truth = std::get_if<bool>(&datum.value);
  return truth && *truth;
}

/// The first case that holds. A case that may or may not hold makes the label unknown: what comes
/// after it is not known to be right.
Datum choose_case(const CompiledRule& rule, Evaluation& evaluation, int& fired) {
  double coverage = 1;
  for (std::size_t i = 0; i < rule.cases.size(); ++i) {
    const RuleCase& each = rule.cases[i];
    if (each.when) {
      Datum when = condition(*each.when, evaluation);
      if (!when.known())
        return unknown("case " + std::to_string(i + 1) + " is undecided: " + when.why);
      coverage = std::min(coverage, when.coverage);
      if (!is_true(when)) continue;
    }
    Datum datum = evaluation.value(*each.value.root);
    if (!datum.known()) return datum;
    if (const std::optional<double> number = number_in(datum.value);
        number && !each.to_common.identity)
      datum.value = each.to_common(*number);
    datum.coverage = std::min(datum.coverage, coverage);
    fired = static_cast<int>(i);
    return datum;
  }
  return unknown("no case holds and the rule has no \"else\"");
}

std::string fired_text(const CompiledRule& rule, int fired, const Evaluation& evaluation) {
  const RuleCase& each = rule.cases[static_cast<std::size_t>(fired)];
  if (each.when) return "case " + std::to_string(fired + 1) + ": " + brief(*each.when, evaluation);
  if (rule.cases.size() > 1) return "else: none of the cases holds";
  return brief(each.value, evaluation);
}

/// 0..1 by the rule's own expression, else the share of the data that was there.
double confidence_of(const CompiledRule& rule, const Datum& value, Evaluation& evaluation,
                     std::string& explanation) {
  if (!rule.confidence) return value.coverage;
  Datum datum = evaluation.value(*rule.confidence->root);
  const Type& type = rule.confidence->root->type;
  const std::optional<double> number = number_in(datum.value);
  if (!number) {
    explanation += "; confidence unknown: " +
                   (datum.known() ? "'" + to_text(datum.value) + "' is not a number" : datum.why);
    return 0;
  }
  const double share = type.stated ? convert_unit(*number, type.unit, Unit{}) : *number;
  if (share < 0 || share > 1)
    explanation += "; confidence " + short_number(share) + " is outside of 0 to 1";
  return std::clamp(share, 0.0, 1.0);
}
}  // namespace

Outcome run_rule(const CompiledRule& rule, Evaluation& evaluation) {
  Outcome outcome;
  Datum& value = outcome.result.datum;
  std::string& explanation = outcome.label.explanation;
  if (rule.unknown_if) {
    Datum veto = condition(*rule.unknown_if, evaluation);
    if (!veto.known()) value = unknown("unknown_if is undecided: " + veto.why);
    if (is_true(veto)) value = unknown("unknown_if: " + brief(*rule.unknown_if, evaluation));
  }
  if (value.why.empty()) value = choose_case(rule, evaluation, outcome.fired);
  if (value.known()) {
    explanation = fired_text(rule, outcome.fired, evaluation);
    outcome.result.confidence = confidence_of(rule, value, evaluation, explanation);
  } else {
    explanation = value.why;
  }
  outcome.label.name = rule.name;
  outcome.label.value = shown_value(value, rule.type);
  outcome.label.confidence = value.known() ? outcome.result.confidence : 0;
  outcome.label.rule = rule.text;
  outcome.label.inputs = evaluation.take_inputs();
  return outcome;
}

}  // namespace reelcell::label
