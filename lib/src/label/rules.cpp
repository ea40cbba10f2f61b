#include "reelcell/label/rules.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "internal/functions.hpp"
#include "internal/parser.hpp"
#include "internal/rule.hpp"
#include "reelcell/base/error.hpp"

namespace reelcell::label {

std::vector<LabelRule> parse_label_rules(const Json& labels, const std::string& where) {
  if (labels.is_null()) return {};
  if (!labels.is_array())
    throw InputError(where,
                     "expected a list of rules such as {\"name\": \"result\", \"value\": "
                     "\"first(verdicts.result)\"}");
  std::vector<LabelRule> rules;
  std::set<std::string> names;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const std::string place = where + "/" + std::to_string(i);
    JsonObject object(labels[i], place);
    const std::string name = object.text("name");
    if (name.empty()) object.fail("name", "empty; a label needs a name");
    if (!names.insert(name).second)
      object.fail("name", "'" + name + "' is given twice; labels have different names");
    rules.push_back({name, labels[i], place});
  }
  return rules;
}

struct RuleSet::Impl {
  std::vector<CompiledRule> rules;

  /// Runs all rules on a segment; `each` sees every outcome while its values are still there.
  template <class Each>
  void run(const Segment& segment, SessionSignals& signals, Each&& each) const {
    std::map<std::string, LabelValue> labels;
    Evaluation evaluation({&segment, &signals, &signals.session(), &labels});
    for (const CompiledRule& rule : rules) {
      Outcome outcome = run_rule(rule, evaluation);
      labels[rule.name] = outcome.result;
      each(rule, std::move(outcome), evaluation);
    }
  }
};

RuleSet::RuleSet(const std::vector<LabelRule>& rules, const Parameters& parameters,
                 const SessionDescription& session)
    : impl_(std::make_unique<Impl>()) {
  Names names;
  names.session = &session;
  names.parameters = &parameters;
  for (const LabelRule& rule : rules) {
    impl_->rules.push_back(compile_rule(rule, names));
    names.labels[rule.name] = impl_->rules.back().type;
  }
}
RuleSet::~RuleSet() = default;
RuleSet::RuleSet(RuleSet&&) noexcept = default;

std::vector<Label> RuleSet::apply(const Segment& segment, SessionSignals& signals) const {
  std::vector<Label> labels;
  impl_->run(segment, signals, [&](const CompiledRule&, Outcome outcome, const Evaluation&) {
    labels.push_back(std::move(outcome.label));
  });
  return labels;
}

std::vector<std::pair<std::string, std::string>> RuleSet::units() const {
  std::vector<std::pair<std::string, std::string>> units;
  for (const CompiledRule& rule : impl_->rules) {
    if (rule.type.base != Base::kNumber) continue;
    const std::string& unit = rule.type.shown.text;
    units.emplace_back(rule.name, rule.type.stated && !unit.empty() ? unit : "-");
  }
  return units;
}

Json RuleSet::explain(const Segment& segment, SessionSignals& signals) const {
  Json json = Json::object();
  json["segment"] = segment.name;
  json["range"] = "[" + time_text(segment.range.start) + ", " + time_text(segment.range.end) + ")";
  const auto border_json = [](const Boundary& boundary) -> Json {
    Json border = {{"source", boundary.source}};
    if (boundary.uncertainty) border["uncertainty"] = format_duration(*boundary.uncertainty);
    return border;
  };
  json["begin"] = border_json(segment.begin);
  json["end"] = border_json(segment.finish);
  Json& attributes = json["attributes"] = Json::object();
  for (const auto& [name, value] : segment.attributes) attributes[name] = to_json(value);
  json["start_ns"] = ns_of(segment.range.start);
  json["end_ns"] = ns_of(segment.range.end);
  Json labels = Json::array();
  impl_->run(segment, signals,
             [&](const CompiledRule& rule, const Outcome& outcome, const Evaluation& evaluation) {
               labels.push_back(explain_rule(rule, outcome, evaluation));
             });
  json["labels"] = std::move(labels);
  return json;
}

namespace {
void collect_fields(const Node& node, std::vector<std::string>& fields) {
  const std::string& field = node.binding.field;
  const bool own = field == "time" || field == "end" || field == "kind" || field == "duration";
  if (node.binding.kind == Binding::Kind::kThisEvent && !own &&
      std::find(fields.begin(), fields.end(), field) == fields.end())
    fields.push_back(field);
  for (const NodePtr& child : node.children) collect_fields(*child, fields);
}
}  // namespace

EventCondition compile_event_condition(const std::string& text, const Parameters& parameters,
                                       const std::string& where) {
  Names names;
  names.use = Names::Use::kEvent;
  names.parameters = &parameters;
  auto expression = std::make_shared<Expression>(parse_expression(text, where));
  check_as(*expression, names, Base::kBool, "the condition");
  std::vector<std::string> fields;
  collect_fields(*expression->root, fields);
  const auto holds = [expression](const Event& event) {
    Evaluation evaluation({});
    evaluation.set_event(&event);
    Datum datum = evaluation.value(*expression->root);
    const auto* truth = std::get_if<bool>(&datum.value);
    return truth && *truth;
  };
  return {holds, fields};
}

Json describe_functions() {
  Json functions = Json::array();
  for (const FunctionRow& row : all_functions()) {
    Json json = Json::object();
    json["name"] = row.name;
    json["group"] = row.group;
    json["signature"] = row.signature;
    json["help"] = row.help;
    functions.push_back(std::move(json));
  }
  return functions;
}

}  // namespace reelcell::label
