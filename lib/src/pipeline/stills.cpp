#include "internal/stills.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <map>
#include <set>

#include "reelcell/base/error.hpp"

namespace reelcell::pipeline {
namespace {
using Kind = StillInstant::Kind;

constexpr std::string_view kEvents = "event:";

bool is_name_letter(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-';
}
std::string clean_name(std::string text) {
  for (char& c : text)
    if (!is_name_letter(c)) c = '_';
  return text;
}
std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

StillInstant of_events(const std::string& stream, std::string name) {
  StillInstant instant;
  instant.kind = Kind::kEvents;
  instant.stream = stream;
  instant.name = name.empty() ? clean_name(stream) : std::move(name);
  instant.where = [](const Event&) { return true; };
  return instant;
}

StillInstant read_share(const std::string& text, const std::string& where) {
  const std::string number = text.substr(0, text.size() - 1);
  const auto plain = [](char c) { return (c >= '0' && c <= '9') || c == '.'; };
  if (number.empty() || !std::all_of(number.begin(), number.end(), plain) ||
      std::count(number.begin(), number.end(), '.') > 1 || number == "." || number.size() > 12)
    throw InputError(where, "found '" + text + "', expected a share of the segment: 0% to 100%");
  StillInstant instant;
  instant.kind = Kind::kShare;
  instant.name = number + "pct";
  instant.share = std::stod(number) / 100;
  if (instant.share > 1)
    throw InputError(where, "found '" + text + "', expected a share of the segment: 0% to 100%");
  return instant;
}

StillInstant read_offset(std::string text, const std::string& where) {
  std::erase(text, ' ');
  StillInstant instant;
  instant.offset = at_place(where, [&] { return parse_duration(text); });
  const bool from_end = text.starts_with('-');
  instant.kind = from_end ? Kind::kFromEnd : Kind::kFromStart;
  instant.name = clean_name(text);
  if (from_end) {
    instant.name = "end" + instant.name;
    instant.offset = -instant.offset;
  }
  if (const auto point = text.find('.'); point != std::string::npos)
    instant.name[instant.name.size() - text.size() + point] = '.';
  return instant;
}

StillInstant read_text(const std::string& text, const std::string& where) {
  static const std::map<std::string, Kind> kFixed = {{"first", Kind::kFirst},
                                                     {"middle", Kind::kMiddle},
                                                     {"last", Kind::kLast},
                                                     {"evidence", Kind::kEvidence}};
  if (const auto fixed = kFixed.find(text); fixed != kFixed.end()) {
    StillInstant instant;
    instant.kind = fixed->second;
    instant.name = text;
    return instant;
  }
  if (text.starts_with(kEvents) && text.size() > kEvents.size())
    return of_events(text.substr(kEvents.size()), "");
  if (text.ends_with('%')) return read_share(text, where);
  if (text.find_first_of("0123456789") != std::string::npos) return read_offset(text, where);
  throw InputError(where, unknown_name("instant", text, {"first", "middle", "last", "evidence"}) +
                              " Or a time from the segment's start such as '50ms', before its end "
                              "such as '-50ms', a share of it such as '25%', or 'event:STREAM'");
}

/// {"event": "plc", "where": "step == 'VISIT'", "name": "visit"}
StillInstant read_object(JsonObject object, const label::Parameters& parameters) {
  const std::string stream = object.text("event"), name = object.text_or("name", "");
  if (!std::all_of(name.begin(), name.end(), is_name_letter))
    object.fail("name", "found '" + name + "', expected letters, digits, '_' and '-'");
  StillInstant instant = of_events(stream, name);
  instant.where_text = object.text_or("where", "");
  if (!instant.where_text.empty()) {
    auto condition =
        label::compile_event_condition(instant.where_text, parameters, object.where("where"));
    instant.where = std::move(condition.holds);
    instant.fields = std::move(condition.fields);
  }
  object.finish();
  return instant;
}

std::vector<StillInstant> read_instants(JsonObject& object, const label::Parameters& parameters) {
  std::vector<StillInstant> instants;
  const Json* list = object.find("at");
  if (!list) return instants;
  if (!list->is_array()) object.fail("at", "expected a list of instants");
  std::set<std::string> names;
  for (std::size_t i = 0; i < list->size(); ++i) {
    const Json& entry = (*list)[i];
    const std::string where = object.where("at") + "/" + std::to_string(i);
    if (!entry.is_string() && !entry.is_object())
      throw InputError(where, "expected a text such as 'middle', or an object with \"event\"");
    instants.push_back(entry.is_string() ? read_text(entry.get<std::string>(), where)
                                         : read_object(JsonObject(entry, where), parameters));
    if (!names.insert(lower(instants.back().name)).second)
      throw InputError(where,
                       "a second instant is named '" + instants.back().name +
                           "'; pictures need names of their own" +
                           (instants.back().kind == Kind::kEvents ? ": give one a \"name\"" : ""));
  }
  return instants;
}

SessionTime time_in(const StillInstant& instant, TimeRange range) {
  if (instant.kind == Kind::kFromStart) return range.start + instant.offset;
  if (instant.kind == Kind::kFromEnd)  // the end itself is no longer in the segment
    return range.end - std::max(instant.offset, Nanos(1));
  const auto length = static_cast<double>(range.length().count());
  const Nanos offset(std::llround(instant.share * length));
  return range.start + std::min(offset, range.length() - Nanos(1));
}

std::string place(const std::string& session, const StillInstant& instant) {
  return session + ": stills '" + instant.name + "'";
}

}  // namespace

StillRule read_stills(JsonObject object, const label::Parameters& parameters) {
  StillRule rule;
  rule.at = read_instants(object, parameters);
  rule.format = object.text_or("format", "jpg");
  if (rule.format == "jpeg") rule.format = "jpg";
  if (rule.format != "jpg" && rule.format != "png")
    object.fail("format", unknown_name("picture format", rule.format, {"jpg", "jpeg", "png"}));
  rule.quality = static_cast<int>(object.integer_or("quality", 90));
  if (rule.quality < 1 || rule.quality > 100) object.fail("quality", "expected 1 to 100");
  object.finish();
  return rule;
}

bool wants_stills(const Recipe& recipe) {
  return !recipe.stills.at.empty() &&
         std::any_of(recipe.outputs.begin(), recipe.outputs.end(),
                     [](const OutputRule& output) { return output.row->wants_stills; });
}

void check_stills(const Recipe& recipe, SessionSignals& signals, Diagnostics& diagnostics) {
  if (!wants_stills(recipe)) return;
  const SessionDescription& session = signals.session();
  std::vector<std::string> streams;
  for (const StreamSpec& spec : session.streams)
    if (spec.kind == StreamKind::kEvents) streams.push_back(spec.name);
  for (const StillInstant& instant : recipe.stills.at) {
    if (instant.kind != Kind::kEvents) continue;
    if (std::find(streams.begin(), streams.end(), instant.stream) == streams.end())
      throw InputError(recipe.where + ": /stills/at",
                       unknown_name("event stream", instant.stream, streams));
    std::set<std::string> missing(instant.fields.begin(), instant.fields.end());
    std::size_t held = 0;
    const auto events = signals.events(instant.stream, signals.extent());
    for (const Event& event : events) {
      std::erase_if(missing, [&](const std::string& name) { return event.field(name) != nullptr; });
      held += instant.where(event);
    }
    for (const std::string& name : missing)
      if (!events.empty())
        diagnostics.warn("event-field-unknown", place(session.id, instant),
                         "none of the " + std::to_string(events.size()) +
                             " events has the field '" + name + "'");
    if (held == 0)
      diagnostics.warn(
          "still-no-event", place(session.id, instant),
          "none of " + std::to_string(events.size()) + " events of '" + instant.stream + "' " +
              (instant.where_text.empty() ? "is there" : "fulfils " + instant.where_text) +
              ", so no picture is made");
  }
}

std::vector<StillTime> still_times(const Recipe& recipe, const Segment& segment,
                                   SessionSignals& signals, Diagnostics& diagnostics) {
  std::vector<StillTime> times;
  if (!wants_stills(recipe)) return times;
  const TimeRange range = segment.range;
  for (const StillInstant& instant : recipe.stills.at) {
    if (instant.kind == Kind::kEvents) {
      std::size_t number = 0;
      for (const Event& event : signals.events(instant.stream, range))
        if (instant.where(event))
          times.push_back({instant.name + "-" + std::to_string(++number), event.time});
    } else if (instant.kind == Kind::kFromStart || instant.kind == Kind::kFromEnd ||
               instant.kind == Kind::kShare) {
      const SessionTime time = time_in(instant, range);
      if (time >= range.start && time < range.end)
        times.push_back({instant.name, time});
      else
        diagnostics.warn("still-outside-segment", place(signals.session().id, instant),
                         "lies outside of segments that are shorter than it; no picture is made "
                         "of these");
    }
  }
  return times;
}

}  // namespace reelcell::pipeline
