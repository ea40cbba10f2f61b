#include "internal/nothing_left.hpp"

#include <algorithm>
#include <cctype>
#include <map>

namespace reelcell::pipeline {
namespace {

constexpr std::size_t kMostReasons = 3;

struct Reason {
  std::string what;     ///< "dropped by the gate 'gaps'"
  std::string example;  ///< the first segment's own words
  std::uint64_t count = 0;
};

/// The same trouble at other times and in other segments has other numbers.
std::string without_numbers(const std::string& text) {
  std::string plain;
  for (const char c : text) {
    const bool digit = std::isdigit(static_cast<unsigned char>(c)) != 0;
    if (!digit)
      plain += c;
    else if (plain.empty() || plain.back() != '#')
      plain += '#';
  }
  return plain;
}

class Reasons {
 public:
  void add(const std::string& group, const std::string& what, const std::string& example) {
    const auto [at, fresh] = places_.emplace(group, reasons_.size());
    if (fresh) reasons_.push_back({what, example});
    ++reasons_[at->second].count;
  }
  /// The most frequent first, then in the order in which they came.
  std::vector<Reason> sorted() && {
    std::stable_sort(reasons_.begin(), reasons_.end(),
                     [](const Reason& a, const Reason& b) { return a.count > b.count; });
    return std::move(reasons_);
  }

 private:
  std::map<std::string, std::size_t> places_;
  std::vector<Reason> reasons_;
};

void add_decision(const Json& decision, Reasons& reasons) {
  const auto reason = decision["reason"].get<std::string>();
  const std::string example = decision["key"].get<std::string>() + ": " + reason;
  if (decision["failed"].get<bool>()) {
    reasons.add(without_numbers(reason), "could not be built", example);
    return;
  }
  // "gaps: front: longest gap ..": the gate that closed says its name first.
  const std::string gate = reason.substr(0, reason.find(": "));
  const bool dropped = decision["action"].get<std::string>() == to_string(GateAction::kDrop);
  const std::string what = (dropped ? "dropped by the gate '" : "quarantined by the gate '") + gate;
  reasons.add(what, what + "'", example);
}

}  // namespace

std::string why_nothing_is_left(const BuildReport& report) {
  Reasons found;
  report.decisions.for_each([&](Json&& decision) { add_decision(decision, found); });
  for (const QuarantinedSession& session : report.quarantined)
    found.add("session " + without_numbers(session.reason), "session that cannot be used",
              session.id + ": " + session.reason);
  const std::uint64_t segments = report.decisions.size();
  std::string text = "no sample is left of " + std::to_string(segments) +
                     (segments == 1 ? " segment" : " segments") + ", so no corpus was written";
  const std::vector<Reason> reasons = std::move(found).sorted();
  for (std::size_t i = 0; i < std::min(reasons.size(), kMostReasons); ++i)
    text += "\n  " + std::to_string(reasons[i].count) + " " + reasons[i].what + ", such as " +
            reasons[i].example;
  if (reasons.size() > kMostReasons)
    text += "\n  and " + std::to_string(reasons.size() - kMostReasons) + " more reasons";
  return text + "\nThe report has every segment with its figures; change the gates, or the data.";
}

}  // namespace reelcell::pipeline
