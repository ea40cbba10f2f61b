#include "internal/cut_segments.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <tuple>

#include "internal/watched_signals.hpp"
#include "reelcell/base/error.hpp"

namespace reelcell::pipeline {
namespace {

/// Names that a message lists; more help nobody.
constexpr std::size_t kMostNames = 40;
void keep(const std::string& name, std::set<std::string>& names) {
  if (names.size() < kMostNames) names.insert(name);
}
std::string list(const std::set<std::string>& names) {
  return list_of({names.begin(), names.end()});
}

/// A condition on events, with what it was asked about.
class Condition {
 public:
  Condition(std::string text, std::string where, EventPredicate holds,
            std::vector<std::string> asked)
      : text_(std::move(text)),
        where_(std::move(where)),
        holds_(std::move(holds)),
        missing_(std::move(asked)) {}

  bool operator()(const Event& event) {
    ++asked_;
    const bool holds = holds_(event);
    held_ += holds;
    std::erase_if(missing_, [&](const std::string& name) { return event.field(name) != nullptr; });
    if (held_ > 0 && missing_.empty()) return holds;
    keep(event.kind, kinds_);
    for (const auto& [name, value] : event.fields) keep(name, fields_);
    return holds;
  }

  /// ", where 'step == "VIST"' holds for none of 210 events, of kind 'step', with the fields .."
  std::string told() const {
    std::string told = "'" + text_ + "' holds for " +
                       (held_ > 0 ? std::to_string(held_) : std::string("none")) + " of " +
                       std::to_string(asked_) + " events";
    if (held_ > 0 || asked_ == 0) return told;
    return told + "; their kinds are " + list(kinds_) +
           (fields_.empty() ? ", and they have no fields" : ", their fields " + list(fields_));
  }
  void warn_of_missing(const std::string& session, Diagnostics& diagnostics) const {
    if (asked_ == 0) return;
    for (const std::string& name : missing_) {
      std::vector<std::string> allowed(fields_.begin(), fields_.end());
      for (const char* own : {"kind", "time", "end", "duration"}) allowed.emplace_back(own);
      diagnostics.warn("event-field-unknown", session + ": " + where_,
                       "none of the " + std::to_string(asked_) +
                           " events has it: " + unknown_name("field", name, allowed));
    }
  }

 private:
  std::string text_, where_;
  EventPredicate holds_;
  std::vector<std::string> missing_;  ///< fields asked for that no event had so far
  std::uint64_t asked_ = 0, held_ = 0;
  std::set<std::string> kinds_, fields_;
};

/// Notes of the streams of events that are read whether there is anything in them.
class ListeningSignals : public WatchedSignals {
 public:
  using WatchedSignals::WatchedSignals;
  std::vector<Event> events(const std::string& stream, TimeRange range) override {
    auto events = WatchedSignals::events(stream, range);
    bool& any = any_[stream];
    any = any || !events.empty();
    return events;
  }
  std::vector<std::string> silent() const {
    std::vector<std::string> names;
    for (const auto& [name, any] : any_)
      if (!any) names.push_back(name);
    return names;
  }

 private:
  std::map<std::string, bool> any_;
};

void tell_of_none(const SegmentRule& rule, const ListeningSignals& signals,
                  const std::deque<Condition>& conditions, Diagnostics& diagnostics) {
  std::string told = "the segmenter '" + rule.row->name + "' found nothing in " +
                     format_duration(signals.extent().length());
  const auto silent = signals.silent();
  if (!silent.empty())
    told += "; the event stream " + list_of(silent) + " holds no event in that time";
  for (const Condition& condition : conditions) told += "; " + condition.told();
  diagnostics.note("segmenter-found-none", signals.session().id + ": " + rule.options.where(),
                   told);
}

std::vector<CutSegment> cut_by(const SegmentRule& rule, const Recipe& recipe,
                               SessionSignals& signals, Diagnostics& diagnostics) {
  ListeningSignals watched(signals);
  std::deque<Condition> conditions;  // their places stay
  const auto compile = [&](const std::string& text, const std::string& where) -> EventPredicate {
    auto condition = label::compile_event_condition(text, recipe.parameters, where);
    conditions.emplace_back(text, where, std::move(condition.holds), std::move(condition.fields));
    return [watch = &conditions.back()](const Event& event) { return (*watch)(event); };
  };
  auto found = rule.row->run(rule.options, watched, compile, diagnostics);
  for (const Condition& condition : conditions)
    condition.warn_of_missing(signals.session().id, diagnostics);
  if (found.empty()) tell_of_none(rule, watched, conditions, diagnostics);
  auto sources = watched.used("segment");
  if (rule.row->files_of)
    for (const SourceFile& file : rule.row->files_of(rule.options, signals.session()))
      sources.push_back({file.role, "", file.path.string(), {}, {}, false});
  const auto shared = std::make_shared<const std::vector<UsedSource>>(std::move(sources));
  std::vector<CutSegment> segments;
  for (Segment& segment : found) segments.push_back({std::move(segment), shared});
  return segments;
}

}  // namespace

std::vector<CutSegment> cut_segments(const Recipe& recipe, SessionSignals& signals,
                                     Diagnostics& diagnostics) {
  std::vector<CutSegment> segments;
  for (const SegmentRule& rule : recipe.segments) {
    auto cut = cut_by(rule, recipe, signals, diagnostics);
    segments.insert(segments.end(), std::make_move_iterator(cut.begin()),
                    std::make_move_iterator(cut.end()));
  }
  std::stable_sort(segments.begin(), segments.end(), [](const CutSegment& a, const CutSegment& b) {
    return std::tie(a.segment.range.start, a.segment.range.end) <
           std::tie(b.segment.range.start, b.segment.range.end);
  });
  return segments;
}

}  // namespace reelcell::pipeline
