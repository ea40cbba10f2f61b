// OPC UA 40001-101 (Machinery result transfer) results as JSON: the metadata of one result or of a
// list. A partial result of a step is the span of its processing.
#include <algorithm>

#include "reelcell/base/error.hpp"
#include "reelcell/base/json.hpp"
#include "reelcell/labelio/labels.hpp"

namespace reelcell::labelio {
namespace {
/// Servers write the names of the information model, with a capital or without.
const Json* member(const Json& object, std::string name) {
  for (int i = 0; i < 2; ++i) {
    const auto at = object.find(name);
    if (at != object.end() && !at->is_null()) return &*at;
    name[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(name[0])));
  }
  return nullptr;
}

/// The four evaluations by number and by name.
std::string evaluation_of(const Json& value, const std::string& place, const std::string& where) {
  static const std::vector<std::string> kNames = {"Undefined", "OK", "NotOK", "NotDecidable"};
  if (value.is_number_integer()) {
    const auto number = value.get<std::int64_t>();
    if (number >= 0 && number < 4) return kNames[static_cast<std::size_t>(number)];
  }
  if (value.is_string()) {
    // "NotOK", or "NotOK_2" as OPC UA's JSON encoding writes enumerations.
    std::string text = value.get<std::string>();
    text = text.substr(0, text.find('_'));
    for (const std::string& name : kNames)
      if (text == name) return name;
  }
  throw InputError(where, place + ": resultEvaluation is " + value.dump() +
                              ", expected 0 to 3 (Undefined, OK, NotOK, NotDecidable)");
}

/// Processing, aborted or failed: what it says of the part was never finished. By number, by name,
/// or both ("Aborted_3").
bool is_unfinished(const Json& state) {
  if (state.is_number_integer()) return state.get<std::int64_t>() >= 2;
  if (!state.is_string()) return false;
  const std::string text = state.get<std::string>();
  const std::string name = text.substr(0, text.find('_'));
  return name == "Processing" || name == "Aborted" || name == "Failed";
}

std::optional<std::int64_t> time_of(const Json* value, const std::string& place,
                                    const std::string& where) {
  if (!value) return std::nullopt;
  if (!value->is_string()) throw InputError(where, place + ": a time is no RFC 3339 text");
  return at_place(where + ": " + place, [&] { return parse_rfc3339(value->get<std::string>()); });
}

void read_result(const Json& entry, std::size_t number, const std::string& where, LabelFile& file) {
  const std::string place = "result " + std::to_string(number);
  if (!entry.is_object()) throw InputError(where, place + ": expected an object");
  const Json* const inner = member(entry, "resultMetaData");
  const Json& meta = inner ? *inner : entry;
  const Json* const id = meta.is_object() ? member(meta, "resultId") : nullptr;
  if (!id || !id->is_string())
    throw InputError(where, place + ": has no resultId, the one field that a result must have");
  const Json* const simulated = member(meta, "isSimulated");
  if (simulated && simulated->is_boolean() && simulated->get<bool>()) {
    ++file.left_out;  // never enters data
    return;
  }
  Span span;
  span.unit = SpanUnit::kUnix;
  span.where = place;
  const Json* const times = member(meta, "processingTimes");
  const auto start = times && times->is_object()
                         ? time_of(member(*times, "startTime"), place, where)
                         : std::nullopt;
  const auto end =
      times && times->is_object() ? time_of(member(*times, "endTime"), place, where) : std::nullopt;
  const auto created = time_of(member(meta, "creationTime"), place, where);
  if (!start || !end) {
    if (!created)
      throw InputError(where, place +
                                  ": has neither processingTimes nor creationTime, so it "
                                  "cannot be placed in time");
    throw InputError(where, place +
                                ": has no processingTimes with startTime and endTime; its "
                                "creationTime alone says when it was known, not what it is of. "
                                "Read such results as an event stream (format jsonl)");
  }
  span.first = *start;
  span.last = *end;
  const Json* const evaluation = member(meta, "resultEvaluation");
  span.name = evaluation ? evaluation_of(*evaluation, place, where) : "Undefined";
  // One that is borderline, or was never finished, goes to review; it is no label to be trusted.
  const Json* const state = member(meta, "resultState");
  if (span.name == "Undefined" || span.name == "NotDecidable" || (state && is_unfinished(*state)))
    span.confidence = 0;
  for (const char* field : {"resultId", "stepId", "partId", "jobId", "resultState", "isPartial",
                            "resultEvaluationCode"})
    if (const Json* const value = member(meta, field))
      span.attributes.emplace_back(field, value_from_json(*value));
  if (const Json* const step = member(meta, "stepId"); step && step->is_string())
    span.tier = step->get<std::string>();
  file.spans.push_back(std::move(span));
}

const Value* attribute(const Span& span, const char* name) {
  for (const auto& [key, value] : span.attributes)
    if (key == name) return &value;
  return nullptr;
}

/// The result of the whole part, beside those of its steps, is no label of a span: it covers all.
void leave_out_totals(LabelFile& file) {
  const auto is_total = [](const Span& span) {
    const Value* const partial = attribute(span, "isPartial");
    return span.tier.empty() && partial && *partial == Value(false);
  };
  const bool steps = std::any_of(file.spans.begin(), file.spans.end(),
                                 [](const Span& span) { return !span.tier.empty(); });
  if (steps) file.left_out += std::erase_if(file.spans, is_total);
}

LabelFile read(std::string_view text, const std::string& where) {
  const Json document = parse_json(text, where);
  LabelFile file;
  const Json* list = &document;
  if (document.is_object())
    if (const Json* const results = member(document, "results")) list = results;
  if (list->is_array()) {
    for (std::size_t i = 0; i < list->size(); ++i) read_result((*list)[i], i + 1, where, file);
  } else {
    read_result(*list, 1, where, file);
  }
  leave_out_totals(file);
  return file;
}
}  // namespace

const FormatRow& opcua_labels() {
  static const FormatRow row{"opcua", "OPC UA 40001-101 results as JSON", read};
  return row;
}

}  // namespace reelcell::labelio
