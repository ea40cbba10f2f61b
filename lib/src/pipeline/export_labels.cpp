#include "reelcell/pipeline/export_labels.hpp"

#include <algorithm>

#include "reelcell/base/error.hpp"
#include "reelcell/labelio/labels.hpp"

namespace reelcell::pipeline {
namespace {
const labelio::FormatRow& writable_format(const std::string& name) {
  std::vector<std::string> names;
  for (const labelio::FormatRow* row : labelio::all_formats()) {
    if (!row->write) continue;
    if (row->name == name) return *row;
    names.push_back(row->name);
  }
  throw InputError("--export", unknown_name("format", name, names));
}

std::string name_of(const Segment& segment, const std::string& wanted) {
  if (!wanted.empty()) {
    const Label* const label = segment.label(wanted);
    if (!label) throw InputError("--export-label", "the recipe has no label '" + wanted + "'");
    return to_text(label->value);
  }
  const Value* const own = segment.attribute("label");
  return own ? to_text(*own) : segment.kind;
}
}  // namespace

std::string export_labels(const BuildPlan& plan, const ExportRequest& request) {
  const labelio::FormatRow& format = writable_format(request.format);
  if (plan.sessions.size() != 1)
    throw PlanError("--export", "found " + std::to_string(plan.sessions.size()) +
                                    " sessions, expected one: a labelling task is of one video");
  if (request.camera.empty())
    throw InputError("--camera", "is missing: say which video the pre-labels are of");
  const auto session = OpenSession::open(plan.sessions.front(), *plan.losses);
  const auto video = session->video(request.camera);
  const auto times = session->frame_times(request.camera);
  labelio::LabelFile file;
  file.frames = static_cast<std::int64_t>(times->size());
  file.media = session->session().stream(request.camera)->source.path;
  file.width = video->format().width;
  file.height = video->format().height;
  for (const Candidate& candidate : plan.candidates) {
    const TimeRange& range = candidate.segment.range;
    const auto first = std::lower_bound(times->begin(), times->end(), range.start);
    const auto end = std::lower_bound(first, times->end(), range.end);
    if (first == end) {
      plan.losses->loss("export-without-frame", candidate.key,
                        "no frame of '" + request.camera + "' lies within this segment");
      continue;
    }
    labelio::Span& span = file.spans.emplace_back();
    span.first = first - times->begin();
    span.last = end - times->begin() - 1;
    span.name = name_of(candidate.segment, request.label);
    const Label* const label = candidate.segment.label(request.label);
    span.confidence = label ? label->confidence : 1;
  }
  std::stable_sort(
      file.spans.begin(), file.spans.end(),
      [](const labelio::Span& a, const labelio::Span& b) { return a.first < b.first; });
  return format.write(file);
}

}  // namespace reelcell::pipeline
