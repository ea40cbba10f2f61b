// Label rules: short typed expressions over signals, events, segment attributes and time.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "reelcell/base/json.hpp"
#include "reelcell/model/signals.hpp"
#include "reelcell/model/stages.hpp"

namespace reelcell::label {

/// Named values with units that change from line to line: recipe "parameters", overridden by a
/// variant, then by
/// --set name=value ("0.05 rad/s", "\"seat_a\"", "12").
struct Parameters {
  struct Entry {
    std::string name;
    Value value;
    std::string unit;
    std::string origin;  ///< "default", "variant seat_a", "--set"
  };
  std::vector<Entry> entries;
  static Parameters parse(const Json* parameters, const Json* variants, const std::string& variant,
                          const std::vector<std::string>& overrides, const std::string& where);
  const Entry* find(std::string_view name) const;
};

/// One rule of the recipe: {"name", "value": expression} or {"name", "cases": [{"when", "value"}],
/// "else"}, with optional "confidence": expression and "unknown_if": expression.
struct LabelRule {
  std::string name;
  Json source;
  std::string where;
};
std::vector<LabelRule> parse_label_rules(const Json& labels, const std::string& where);

/// Compiled once a recipe: names, types and units are checked against the session's streams.
class RuleSet {
 public:
  /// Throws InputError with the place in the expression (a caret line), what was found and what is
  /// allowed.
  RuleSet(const std::vector<LabelRule>& rules, const Parameters& parameters,
          const SessionDescription& session);
  ~RuleSet();
  RuleSet(RuleSet&&) noexcept;
  /// Labels in rule order; later rules may use earlier labels ("label.name").
  std::vector<Label> apply(const Segment& segment, SessionSignals& signals) const;
  /// Why each rule fired or did not: tree of sub-expressions with their values, as text or JSON.
  Json explain(const Segment& segment, SessionSignals& signals) const;
  /// Of each rule whose value is a number: its name and the unit that apply() gives it in ("peak",
  /// "N"), "-" where it has none or none is stated.
  std::vector<std::pair<std::string, std::string>> units() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// What RuleSet::explain() gave, as indented text for a person.
std::string render_explanation(const Json& explanation);

/// "step == 'VISIT' and point != ''" over an event's fields; for segmenters.
struct EventCondition {
  EventPredicate holds;
  std::vector<std::string> fields;  ///< asked for; without those that every event has
};
EventCondition compile_event_condition(const std::string& text, const Parameters& parameters,
                                       const std::string& where);
/// "Inspect point {segment.point} of {session.part}": fills a template; InputError for unknown
/// names.
std::string fill_template(const std::string& text, const SessionDescription& session,
                          const Segment& segment, const Parameters& parameters,
                          const std::string& where);
/// Names, signatures and one-line help of every function, for `reelcell formats` and the docs.
Json describe_functions();

}  // namespace reelcell::label
