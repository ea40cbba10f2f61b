#include "reelcell/curate/split.hpp"

#include <algorithm>
#include <cmath>

#include "reelcell/base/error.hpp"
#include "reelcell/base/hash.hpp"

namespace reelcell::curate {
namespace {
constexpr std::string_view kAttribute = "attribute:";
constexpr std::string_view kLabel = "label:";

/// Empty when `by` is well formed, else what is wrong with it.
std::string fault_of(const std::string& by) {
  if (by == "session") return {};
  for (const std::string_view prefix : {kAttribute, kLabel})
    if (by.starts_with(prefix) && by.size() > prefix.size()) return {};
  return "found '" + by +
         "'; expected 'session', 'attribute:NAME' or 'label:NAME', such as "
         "'attribute:part'";
}

/// The text by which a value is grouped; InputError when it is unknown, for which no group would be
/// right.
std::string group_text(const Value* value, const std::string& what, const Segment& segment,
                       const std::vector<std::string>& allowed, const std::string& name) {
  const std::string where = "segment " + segment.name;
  if (!value)
    throw InputError(
        where, "has no " + what + " to split by; " +
                   (allowed.empty() ? "there is none" : "there is " + list_of(allowed)) + "." +
                   did_you_mean(name, allowed));
  if (std::holds_alternative<std::monostate>(*value))
    throw InputError(where, "its " + what +
                                " is unknown, so its split cannot be told; give it in "
                                "session.json, or drop such segments by a gate");
  return to_text(*value);
}

/// The keys of a JSON object have no order that means anything: "train" first, as readers show it,
/// then by name.
bool comes_first(const std::pair<std::string, double>& a, const std::pair<std::string, double>& b) {
  const bool a_trains = a.first == "train";
  const bool b_trains = b.first == "train";
  return a_trains != b_trains ? a_trains : a.first < b.first;
}
}  // namespace

SplitRule parse_split_rule(const Json& json, const std::string& where) {
  SplitRule rule;
  if (json.is_null()) return rule;
  JsonObject object(json, where);
  rule.by = object.text_or("by", rule.by);
  if (const std::string fault = fault_of(rule.by); !fault.empty()) object.fail("by", fault);
  rule.salt = object.text_or("salt", "");
  if (std::optional<JsonObject> ratios = object.object("ratios")) {
    rule.ratios.clear();
    double sum = 0;
    for (const auto& [name, unused] : json.at("ratios").items()) {
      const double ratio = ratios->number(name);
      if (name.empty() || !(ratio >= 0 && ratio <= 1))
        ratios->fail(name, "found " + to_text(Value(ratio)) + "; a ratio is a number of 0 to 1");
      rule.ratios.emplace_back(name, ratio);
      sum += ratio;
    }
    std::sort(rule.ratios.begin(), rule.ratios.end(), comes_first);
    if (rule.ratios.empty() || std::abs(sum - 1) > 1e-9)
      object.fail("ratios", "they sum up to " + to_text(Value(sum)) + ", expected 1");
  }
  object.finish();
  return rule;
}

std::string split_group(const SplitRule& rule, const SessionDescription& session,
                        const Segment& segment) {
  if (rule.by == "session") return session.id;
  std::vector<std::string> allowed;
  if (rule.by.starts_with(kLabel)) {
    const std::string name = rule.by.substr(kLabel.size());
    for (const Label& label : segment.labels) allowed.push_back(label.name);
    const Label* label = segment.label(name);
    return group_text(label ? &label->value : nullptr, "label '" + name + "'", segment, allowed,
                      name);
  }
  const std::string name =
      rule.by.starts_with(kAttribute) ? rule.by.substr(kAttribute.size()) : rule.by;
  for (const auto& [each, value] : segment.attributes) allowed.push_back(each);
  for (const auto& [each, value] : session.attributes) allowed.push_back(each);
  // The segment's own attribute is the narrower statement.
  const Value* value = segment.attribute(name);
  if (!value) value = session.attribute(name);
  return group_text(value, "attribute '" + name + "'", segment, allowed, name);
}

std::string split_of(const SplitRule& rule, const std::string& group) {
  // The separator keeps salt "a" + group "bc" apart from salt "ab" + group "c".
  const std::uint64_t hash = stable_hash(rule.salt + '\x1f' + group);
  const double place = static_cast<double>(hash >> 11) * 0x1p-53;  // [0, 1), every double exact
  double end = 0;
  const std::string* last = nullptr;
  for (const auto& [name, ratio] : rule.ratios) {
    if (ratio <= 0) continue;
    end += ratio;
    last = &name;
    if (place < end) return name;
  }
  // The ratios may sum up to a little less than 1.
  return last ? *last : rule.ratios.front().first;
}

}  // namespace reelcell::curate
