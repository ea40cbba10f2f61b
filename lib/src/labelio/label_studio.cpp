// Label Studio's JSON export: timeline labels of video tasks. Their frame numbers count from 1, at
// the project's frame rate; both ends are labelled.
#include "internal/label_studio.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/base/json.hpp"
#include "reelcell/labelio/labels.hpp"

namespace reelcell::labelio {
namespace {
void read_result(const Json& result, const std::string& place, const std::string& where,
                 LabelFile& file) {
  if (!result.is_object()) throw InputError(where, place + ": expected an object");
  const std::string type = result.value("type", "");
  if (type != "timelinelabels") {
    ++file.left_out;
    return;
  }
  const Json value = result.value("value", Json::object());
  const Json names = value.value("timelinelabels", Json::array());
  const Json ranges = value.value("ranges", Json::array());
  if (!names.is_array() || names.empty() || !ranges.is_array())
    throw InputError(where, place + ": a timeline label needs \"ranges\" and \"timelinelabels\"");
  if (result.contains("framesCount") && result["framesCount"].is_number_integer())
    file.frames = result["framesCount"].get<std::int64_t>();
  for (const Json& range : ranges) {
    if (!range.is_object() || !range.contains("start") || !range.contains("end") ||
        !range["start"].is_number_integer() || !range["end"].is_number_integer())
      throw InputError(where, place + ": a range needs whole frame numbers \"start\" and \"end\"");
    const auto number = [&](const char* key) {
      const auto frame = range[key].get<std::int64_t>();
      if (frame >= 1 && frame <= 1'000'000'000'000) return frame - 1;
      throw InputError(where, place + ": frame " + std::to_string(frame) +
                                  " does not exist; frames count from 1");
    };
    for (const Json& name : names) {
      if (!name.is_string()) throw InputError(where, place + ": a label is no text");
      Span span;
      span.first = number("start");
      span.last = number("end");
      span.name = name.get<std::string>();
      span.tier = result.value("from_name", "");
      span.where = place;
      file.spans.push_back(std::move(span));
    }
  }
}

LabelFile read(std::string_view text, const std::string& where) {
  const Json document = parse_json(text, where);
  const Json& task = the_task(document, where);
  LabelFile file;
  if (task.contains("data") && task["data"].is_object())
    file.media = task["data"].value("video", "");
  const Json results = the_results(task, where);
  for (std::size_t i = 0; i < results.size(); ++i)
    read_result(results[i], "result " + std::to_string(i + 1), where, file);
  return file;
}

/// A task with one prediction, as Label Studio imports pre-labels.
std::string write(const LabelFile& file) {
  Json results = Json::array();
  for (const Span& span : file.spans) {
    Json result = {{"id", "r" + std::to_string(results.size() + 1)},
                   {"type", "timelinelabels"},
                   {"from_name", span.tier.empty() ? "timelineLabels" : span.tier},
                   {"to_name", "video"},
                   {"score", span.confidence},
                   {"value",
                    {{"ranges", Json::array({{{"start", span.first + 1}, {"end", span.last + 1}}})},
                     {"timelinelabels", Json::array({span.name})}}}};
    if (file.frames) result["framesCount"] = *file.frames;
    results.push_back(std::move(result));
  }
  return dump_json(Json::array(
      {{{"data", {{"video", file.media}}},
        {"predictions", Json::array({{{"model_version", "reelcell"}, {"result", results}}})}}}));
}
}  // namespace

const Json& the_task(const Json& document, const std::string& where) {
  if (document.is_array() && document.size() != 1)
    throw InputError(where, "holds " + std::to_string(document.size()) +
                                " tasks, expected one: export the task of this video alone");
  return document.is_array() ? document[0] : document;
}

Json the_results(const Json& task, const std::string& where) {
  // What a person has made, or else the pre-labels that nobody has corrected yet.
  const char* const made =
      task.is_object() && task.contains("annotations") ? "annotations" : "predictions";
  if (!task.is_object() || !task.contains(made) || !task[made].is_array())
    throw InputError(where, "is no Label Studio export: expected a task with \"annotations\"");
  std::size_t used = 0;
  Json results = Json::array();
  for (const Json& annotation : task[made]) {
    if (!annotation.is_object()) throw InputError(where, "an annotation is no object");
    if (annotation.value("was_cancelled", false)) continue;
    if (++used > 1)
      throw InputError(where,
                       "has several annotations of one task, by several people or tries; export "
                       "the one that is agreed on");
    results = annotation.value("result", Json::array());
  }
  const Json predictions = task.value("predictions", Json());
  if (used == 0 && std::string_view(made) == "annotations" && predictions.is_array() &&
      !predictions.empty())
    throw InputError(
        where, "nobody has annotated the task yet: it has " + std::to_string(predictions.size()) +
                   " predictions and no annotation. Annotate it, or take \"annotations\" out "
                   "to read the predictions as they are");
  if (!results.is_array()) throw InputError(where, "\"result\" of an annotation is no list");
  return results;
}

const FormatRow& label_studio_labels() {
  static const FormatRow row{"label_studio",
                             "Label Studio JSON: timeline labels, boxes, polygons and masks", read,
                             write, read_label_studio_objects};
  return row;
}

}  // namespace reelcell::labelio
