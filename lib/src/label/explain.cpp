// Why a rule fired or did not: the tree of its sub-expressions with what each of them was.
#include "internal/rule.hpp"

namespace reelcell::label {
namespace {
constexpr std::size_t kMaxBrief = 240;

Json tree(const Node& node, const Source& source, const Evaluation& evaluation) {
  Json json = Json::object();
  json["text"] = source.part(node.span);
  if (node.type.shape != Shape::kOne || node.type.base == Base::kEvents) {
    json["is"] = describe(node.type);
  } else if (node.per_event) {
    json["is"] = "decided for each event";
  } else if (const Datum* datum = evaluation.found(node)) {
    json["value"] = to_json(shown_value(*datum, node.type));
    json["shown"] = datum_text(*datum, node.type);
    if (!datum->why.empty()) json["why"] = datum->why;
    if (!datum->note.empty()) json["note"] = datum->note;
  } else {
    json["is"] = "not needed";
  }
  Json children = Json::array();
  for (const NodePtr& child : node.children)
    if (child->kind != NodeKind::kLiteral) children.push_back(tree(*child, source, evaluation));
  if (!children.empty()) json["children"] = std::move(children);
  return json;
}

void add_brief(const Node& node, const Source& source, const Evaluation& evaluation,
               std::string& text) {
  const bool splits = node.kind == NodeKind::kAnd || node.kind == NodeKind::kOr ||
                      node.kind == NodeKind::kNot || node.kind == NodeKind::kCompare ||
                      node.kind == NodeKind::kIn;
  if (splits) {
    for (const NodePtr& child : node.children) add_brief(*child, source, evaluation, text);
    return;
  }
  const Datum* datum = evaluation.found(node);
  if (node.kind == NodeKind::kLiteral || !datum || text.size() > kMaxBrief) return;
  if (!text.empty()) text += ", ";
  text += std::string(source.part(node.span)) + " is " + datum_text(*datum, node.type);
}

std::string case_name(const CompiledRule& rule, std::size_t i) {
  if (rule.cases[i].when) return "case " + std::to_string(i + 1);
  return rule.cases.size() > 1 ? "else" : "value";
}
}  // namespace

std::string brief(const Expression& condition, const Evaluation& evaluation) {
  std::string text;
  add_brief(*condition.root, condition.source, evaluation, text);
  return text.empty() ? condition.source.text : text;
}

Json explain_rule(const CompiledRule& rule, const Outcome& outcome, const Evaluation& evaluation) {
  Json json = Json::object();
  json["name"] = rule.name;
  json["value"] = to_json(outcome.label.value);
  json["shown"] = datum_text(outcome.result.datum, rule.type);
  json["confidence"] = outcome.label.confidence;
  json["fired"] =
      outcome.fired < 0 ? Json() : Json(case_name(rule, static_cast<std::size_t>(outcome.fired)));
  json["explanation"] = outcome.label.explanation;
  json["rule"] = rule.text;
  json["inputs"] = outcome.label.inputs;
  Json parts = Json::array();
  const auto add = [&](const std::string& part, const Expression& expression) {
    Json one = Json::object();
    one["part"] = part;
    one.update(tree(*expression.root, expression.source, evaluation));
    parts.push_back(std::move(one));
  };
  if (rule.unknown_if) add("unknown_if", *rule.unknown_if);
  for (std::size_t i = 0; i < rule.cases.size(); ++i) {
    const std::string name = case_name(rule, i);
    if (rule.cases[i].when) add(name + " when", *rule.cases[i].when);
    add(rule.cases[i].when ? name + " value" : name, rule.cases[i].value);
  }
  if (rule.confidence) add("confidence", *rule.confidence);
  json["parts"] = std::move(parts);
  return json;
}

namespace {
void render_tree(const Json& node, const std::string& indent, std::string& text) {
  text += indent + node.value("text", "");
  if (node.contains("shown"))
    text += " = " + node.value("shown", "");
  else
    text += "  (" + node.value("is", "") + ")";
  if (node.contains("why")) text += ": " + node.value("why", "");
  if (node.contains("note")) text += "  (" + node.value("note", "") + ")";
  text += "\n";
  if (node.contains("children"))
    for (const Json& child : node["children"]) render_tree(child, indent + "  ", text);
}
}  // namespace

std::string render_explanation(const Json& explanation) {
  std::string text =
      "segment " + explanation.value("segment", "") + "  " + explanation.value("range", "") + "\n";
  for (const char* border : {"begin", "end"}) {
    const std::string off = explanation.at(border).value("uncertainty", "");
    text += "  " + std::string(border) + ": " + explanation.at(border).value("source", "") +
            (off.empty() ? "" : " +- " + off) + "\n";
  }
  for (const auto& [name, value] : explanation.at("attributes").items())
    text += "  " + name + " = " + to_text(value_from_json(value)) + "\n";
  for (const Json& label : explanation.at("labels")) {
    text += "\n" + label.value("name", "") + " = " + label.value("shown", "") + "  (confidence " +
            short_number(label.value("confidence", 0.0)) + ")\n";
    text += "  " + label.value("explanation", "") + "\n";
    for (const Json& part : label.at("parts")) {
      text += "  " + part.value("part", "") + ":\n";
      render_tree(part, "    ", text);
    }
    std::string inputs;
    for (const Json& input : label.at("inputs"))
      inputs += (inputs.empty() ? "" : ", ") + input.get<std::string>();
    if (!inputs.empty()) text += "  inputs: " + inputs + "\n";
  }
  return text;
}

}  // namespace reelcell::label
