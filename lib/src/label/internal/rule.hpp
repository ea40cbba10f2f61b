// A compiled rule and what came of it on a segment.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "internal/check.hpp"
#include "internal/evaluation.hpp"

namespace reelcell::label {

struct RuleCase {
  std::optional<Expression> when;  ///< none: the value of a rule without cases, or its `else`
  Expression value;
  Conversion to_common;  ///< of a number, to the unit of the rule's type
};

struct CompiledRule {
  std::string name;
  std::string text;  ///< "when A: B; when C: D; else E"
  std::vector<RuleCase> cases;
  std::optional<Expression> confidence, unknown_if;
  Type type;  ///< common to all cases
};

CompiledRule compile_rule(const LabelRule& rule, const Names& names);

struct Outcome {
  LabelValue result;  ///< in the unit of the rule's type
  Label label;
  int fired = -1;  ///< case that gave the value, -1: none
};
/// `evaluation` keeps the values of all sub-expressions for explain_rule().
Outcome run_rule(const CompiledRule& rule, Evaluation& evaluation);
Json explain_rule(const CompiledRule& rule, const Outcome& outcome, const Evaluation& evaluation);
/// "max(force.fz) is 23.1 N": the comparisons that decided a condition, in words.
std::string brief(const Expression& condition, const Evaluation& evaluation);

}  // namespace reelcell::label
