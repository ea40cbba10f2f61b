// CVAT for video XML 1.1: a track is visible from its first shape until one with outside="1"; frame
// numbers are the video's own, from 0. Tags of single frames are spans of one frame.
#include <algorithm>
#include <charconv>
#include <set>

#include "internal/cvat.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/labelio/labels.hpp"

namespace reelcell::labelio {
namespace {
std::optional<std::int64_t> whole_number(const std::optional<XmlElement>& element) {
  if (!element) return std::nullopt;
  const std::string text = element->text();
  std::int64_t value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || stop != text.data() + text.size()) return std::nullopt;
  return value;
}

struct Shape {
  std::int64_t frame = 0;
  bool outside = false;
};

std::int64_t frame_of(const XmlElement& shape, const std::string& where) {
  const std::int64_t frame = shape.integer("frame");
  if (frame >= 0 && frame <= 1'000'000'000'000) return frame;
  throw InputError(where, shape.place() + ": frame " + std::to_string(frame) + " does not exist");
}

std::vector<Shape> shapes_of(const XmlElement& track, const std::string& where) {
  std::vector<Shape> shapes;
  for (const char* kind : {"box", "polygon", "polyline", "points", "mask", "ellipse", "cuboid"})
    for (const XmlElement& shape : track.children(kind))
      shapes.push_back({frame_of(shape, where), shape.find("outside").value_or("0") == "1"});
  std::stable_sort(shapes.begin(), shapes.end(),
                   [](const Shape& a, const Shape& b) { return a.frame < b.frame; });
  return shapes;
}

/// Stretches in which the track is seen; the last shape of a track is seen in its own frame.
void read_track(const XmlElement& track, const std::string& where, LabelFile& file) {
  const std::string name = track.attribute("label");
  const std::string id = track.attribute("id");
  std::optional<std::int64_t> start;
  std::int64_t seen = 0;
  const auto close = [&](std::int64_t last) {
    Span& span = file.spans.emplace_back();
    span.first = *start;
    span.last = last;
    span.name = name;
    span.tier = "track " + id;
    span.where = track.place();
    if (const auto source = track.find("source")) span.attributes.emplace_back("source", *source);
    start.reset();
  };
  for (const Shape& shape : shapes_of(track, where)) {
    if (start && shape.outside) close(std::max(*start, shape.frame - 1));
    if (shape.outside) continue;
    if (!start) start = shape.frame;
    seen = shape.frame;
  }
  if (start) close(seen);
}

LabelFile read(std::string_view text, const std::string& where) {
  const XmlDocument document(text, where);
  const XmlElement root = document.root();
  require_cvat(root, where);
  if (!root.children("image").empty())
    throw InputError(where,
                     "is 'CVAT for images'; export the task as 'CVAT for video 1.1', which keeps "
                     "tracks and frame numbers, or name it in the recipe's \"objects\"");
  const CvatMeta meta = read_cvat_meta(root, where);
  LabelFile file;
  file.frames = meta.frames;
  file.media = meta.media;
  for (const XmlElement& track : root.children("track")) read_track(track, where, file);
  return file;
}

std::string escaped(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (c == '&')
      result += "&amp;";
    else if (c == '<')
      result += "&lt;";
    else if (c == '"')
      result += "&quot;";
    else if (static_cast<unsigned char>(c) >= 0x20)
      result += c;
  }
  return result;
}

/// A span has no place in the picture, and CVAT has no tracks without one: each becomes a track of
/// boxes over the whole frame.
std::string write(const LabelFile& file) {
  std::string text =
      "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<annotations>\n  <version>1.1</version>\n"
      "  <meta>\n    <task>\n";
  if (file.frames) text += "      <size>" + std::to_string(*file.frames) + "</size>\n";
  text += "      <start_frame>0</start_frame>\n    </task>\n    <source>" + escaped(file.media) +
          "</source>\n  </meta>\n";
  const std::string corner = "xtl=\"0\" ytl=\"0\" xbr=\"" + std::to_string(file.width) +
                             "\" ybr=\"" + std::to_string(file.height) + "\"";
  const auto box = [&](std::int64_t frame, bool outside) {
    text += "    <box frame=\"" + std::to_string(frame) + "\" " + corner + " outside=\"" +
            (outside ? "1" : "0") + "\" occluded=\"0\" keyframe=\"1\"/>\n";
  };
  for (std::size_t i = 0; i < file.spans.size(); ++i) {
    const Span& span = file.spans[i];
    text += "  <track id=\"" + std::to_string(i) + "\" label=\"" + escaped(span.name) +
            "\" source=\"auto\">\n";
    box(span.first, false);
    if (span.last > span.first) box(span.last, false);
    if (!file.frames || span.last + 1 < *file.frames) box(span.last + 1, true);
    text += "  </track>\n";
  }
  return text + "</annotations>\n";
}
}  // namespace

namespace {
std::vector<XmlElement> tasks_of_project(const XmlElement& root) {
  const auto tasks = root.path({"meta", "project", "tasks"});
  return tasks ? tasks->children("task") : std::vector<XmlElement>();
}

/// Frame numbers of the second video on mean nothing in the first, and tracks of all are in one
/// list.
void refuse_several_tasks(const XmlElement& root, const std::string& where) {
  std::set<std::string> ids;
  std::vector<std::string> names;
  for (const XmlElement& task : tasks_of_project(root)) {
    if (const auto id = task.child("id")) ids.insert(id->text());
    const auto name = task.child("source") ? task.child("source") : task.child("name");
    names.push_back(name ? name->text() : "?");
  }
  for (const char* kind : {"track", "image"})
    for (const XmlElement& element : root.children(kind))
      if (const auto id = element.find("task_id")) ids.insert(*id);
  const std::size_t count = std::max(ids.size(), names.size());
  if (count < 2) return;
  throw InputError(where, "is the export of a project with " + std::to_string(count) + " tasks" +
                              (names.empty() ? "" : " (" + list_of(names) + ")") +
                              ", whose tracks are of several videos; export the task of this video "
                              "alone");
}
}  // namespace

void require_cvat(const XmlElement& root, const std::string& where) {
  if (root.name() != "annotations")
    throw InputError(
        where, "is no CVAT export: its root is <" + root.name() + ">, expected <annotations>");
  const auto version = root.child("version");
  if (!version || version->text() != "1.1")
    throw InputError(where, "is CVAT version '" + (version ? version->text() : "") +
                                "', this program reads 1.1");
}

CvatMeta read_cvat_meta(const XmlElement& root, const std::string& where) {
  CvatMeta meta;
  refuse_several_tasks(root, where);
  std::vector<XmlElement> parts = tasks_of_project(root);
  for (const char* kind : {"task", "job"})
    if (const auto part = root.path({"meta", kind})) parts.push_back(*part);
  for (const XmlElement& part : parts) {
    const XmlElement* const task = &part;
    if (const auto source = task->child("source")) meta.media = source->text();
    meta.frames = whole_number(task->child("size"));
    const auto filter = task->child("frame_filter");
    if (filter && !filter->text().empty() && filter->text() != "step=1")
      throw InputError(where, "was labelled with the frame filter '" + filter->text() +
                                  "', so its numbers are not those of the video's frames; label "
                                  "every frame");
    const auto first = whole_number(task->child("start_frame"));
    if (first && *first != 0)
      throw InputError(where, "starts at frame " + std::to_string(*first) +
                                  " of the video; label the whole video, or cut it first");
    if (const auto size = task->child("original_size")) {
      meta.width = static_cast<int>(whole_number(size->child("width")).value_or(0));
      meta.height = static_cast<int>(whole_number(size->child("height")).value_or(0));
    }
  }
  if (const auto size = root.path({"meta", "original_size"}); size && meta.width == 0) {
    meta.width = static_cast<int>(whole_number(size->child("width")).value_or(0));
    meta.height = static_cast<int>(whole_number(size->child("height")).value_or(0));
  }
  if (const auto source = root.path({"meta", "source"})) meta.media = source->text();
  return meta;
}

const FormatRow& cvat_labels() {
  static const FormatRow row{"cvat", "CVAT for video XML 1.1: where each track is seen, and shapes",
                             read, write, read_cvat_objects};
  return row;
}

}  // namespace reelcell::labelio
