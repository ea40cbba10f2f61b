// What a name stands for: the longest beginning that is a stream, then a column or field of it.
#include <algorithm>

#include "internal/check.hpp"
#include "internal/functions.hpp"
#include "reelcell/base/error.hpp"

namespace reelcell::label {
namespace {
using Kind = Binding::Kind;

Span span_from(const Node& node, std::size_t part) {
  return {node.parts[part].span.begin, node.parts.back().span.end};
}
std::string join(const Node& node, std::size_t first, std::size_t last) {
  std::string text;
  for (std::size_t i = first; i < last; ++i) text += (i > first ? "." : "") + node.parts[i].text;
  return text;
}
std::string rest_of(const Node& node, std::size_t first) {
  return join(node, first, node.parts.size());
}

/// Type of a value of a column, and its unit.
Type column_type(const ColumnSpec& column) {
  if (column.dtype == DType::kString) return text_type();
  if (column.dtype == DType::kBool) return bool_type();
  if (column.unit.empty()) return unstated_number();
  const std::optional<Unit> unit = find_unit(column.unit);
  return unit ? number_type(*unit) : unstated_number(column.unit);
}
std::string column_names(const StreamSpec& stream, std::vector<std::string>& names) {
  for (const ColumnSpec& column : stream.columns) names.push_back(column.name);
  return "column of '" + stream.name + "'";
}

class Binder {
 public:
  Binder(const Source& source, Node& node, const Names& names, bool in_event)
      : source_(source), node_(node), names_(names), in_event_(in_event) {}

  void run() {
    const NamePart& first = node_.parts.front();
    const std::size_t count = node_.parts.size();
    if (in_event_ && count > 1 && first.plain && first.text == "event") return bind_event(1);
    if (count > 1 && first.plain && first.text == "param") return bind_parameter(rest_of(node_, 1));
    if (names_.use != Names::Use::kEvent && count > 1 && first.plain) {
      if (first.text == "segment") return bind_segment();
      if (first.text == "session") return bind_session();
      if (first.text == "label") return bind_label();
    }
    if (names_.parameters && names_.parameters->find(rest_of(node_, 0)))
      return bind_parameter(rest_of(node_, 0));
    if (names_.use == Names::Use::kRule && bind_stream()) return;
    if (in_event_) return bind_event(0);
    unknown();
  }

 private:
  void refuse_index() const {
    if (node_.index || !node_.index_name.empty())
      fail(source_, node_.index_span,
           "'" + join(node_, 0, node_.parts.size()) + "' is one value and has no elements");
  }
  void set(Kind kind, std::string field, Type type) {
    refuse_index();
    node_.binding.kind = kind;
    node_.binding.field = std::move(field);
    node_.type = std::move(type);
  }

  static Type event_field_type(const StreamSpec* stream, const std::string& field) {
    if (field == "time" || field == "end") return time_type();
    if (field == "kind") return text_type();
    if (field == "duration") return duration_type();
    if (!stream) return any_type();
    for (const ColumnSpec& column : stream->columns)
      if (column.name == field) {
        Type type = any_type();
        const std::optional<Unit> unit = find_unit(column.unit);
        return unit && !column.unit.empty() && column.dtype != DType::kString ? number_type(*unit)
                                                                              : type;
      }
    return any_type();
  }
  void bind_event(std::size_t first) {
    const std::string field = rest_of(node_, first);
    set(Kind::kThisEvent, field, event_field_type(nullptr, field));
  }

  void bind_parameter(const std::string& name) {
    const Parameters::Entry* entry = names_.parameters ? names_.parameters->find(name) : nullptr;
    if (!entry) {
      std::vector<std::string> allowed;
      if (names_.parameters)
        for (const auto& each : names_.parameters->entries) allowed.push_back(each.name);
      fail(source_, node_.span, unknown_name("parameter", name, allowed));
    }
    Type type;
    Value value = entry->value;
    if (std::holds_alternative<std::string>(value)) {
      type = text_type();
    } else if (std::holds_alternative<bool>(value)) {
      type = bool_type();
    } else if (!std::holds_alternative<std::monostate>(value)) {
      const Unit unit = parse_unit(entry->unit);
      type = number_type(unit);
      if (type.is_duration()) {
        const auto* integer = std::get_if<std::int64_t>(&value);
        value = convert_unit(integer ? static_cast<double>(*integer) : std::get<double>(value),
                             unit, nanosecond());
      }
    }
    set(Kind::kParameter, name, type);
    node_.binding.constant = value;
  }

  void bind_segment() {
    const std::string field = rest_of(node_, 1);
    Type type = any_type();
    if (field == "start" || field == "end") type = time_type();
    if (field == "duration") type = duration_type();
    if (field == "kind" || field == "name" || field == "task") type = text_type();
    set(Kind::kSegment, field, type);
  }
  void bind_session() {
    const std::string field = rest_of(node_, 1);
    Type type = any_type();
    if (field == "start" || field == "end") type = time_type();
    if (field == "duration") type = duration_type();
    if (field == "id") type = text_type();
    if (names_.use == Names::Use::kTemplate && type.base != Base::kAny && field != "id")
      fail(source_, span_from(node_, 1),
           "session." + field + " is not known where templates are filled");
    set(Kind::kSession, field, type);
  }
  void bind_label() {
    std::string name = rest_of(node_, 1);
    Kind kind = Kind::kLabel;
    if (node_.parts.size() > 2 && node_.parts.back().plain &&
        node_.parts.back().text == "confidence" && !names_.labels.contains(name)) {
      kind = Kind::kConfidence;
      name = join(node_, 1, node_.parts.size() - 1);
    }
    const auto found = names_.labels.find(name);
    if (found == names_.labels.end() && !names_.any_label) {
      std::vector<std::string> allowed;
      for (const auto& [each, type] : names_.labels) allowed.push_back(each);
      fail(source_, span_from(node_, 1),
           unknown_name("label", name, allowed) +
               " A rule may use the labels of the rules before it.");
    }
    Type type = found == names_.labels.end() ? any_type() : found->second;
    set(kind, name, kind == Kind::kConfidence ? number_type(Unit{}) : type);
  }

  bool bind_stream() {
    if (!names_.session) return false;
    for (std::size_t used = node_.parts.size(); used > 0; --used) {
      const StreamSpec* stream = names_.session->stream(join(node_, 0, used));
      if (!stream) continue;
      bind_in_stream(*stream, used);
      return true;
    }
    return false;
  }
  void bind_in_stream(const StreamSpec& stream, std::size_t used) {
    node_.binding.stream = stream.name;
    const bool whole = used == node_.parts.size();
    if (stream.kind == StreamKind::kVideo && !whole) return bind_figure(stream, used);
    if (stream.kind == StreamKind::kEvents && !whole) {
      const std::string field = rest_of(node_, used);
      Type type = event_field_type(&stream, field);
      type.shape = Shape::kField;
      set(Kind::kEventField, field, type);
      return;
    }
    if (stream.kind == StreamKind::kSeries) {
      // A stream with one column stands for it: observation.state[3].
      if (!whole || stream.columns.size() == 1) return bind_column(stream, used, whole);
      std::vector<std::string> names;
      column_names(stream, names);
      fail(source_, node_.span,
           "'" + stream.name + "' is a series; choose a column of it: " + list_of(names));
    }
    if (stream.kind == StreamKind::kAudio)
      fail(source_, node_.span, "'" + stream.name + "' is audio, which rules cannot use");
    Type type;
    type.base = Base::kEvents;
    set(Kind::kStream, stream.kind == StreamKind::kVideo ? "video" : "", type);
  }
  void bind_figure(const StreamSpec& stream, std::size_t used) {
    const std::vector<std::string> figures = {"luma", "luma_std", "sharpness", "difference"};
    const std::string figure = rest_of(node_, used);
    if (std::find(figures.begin(), figures.end(), figure) == figures.end())
      fail(source_, span_from(node_, used),
           unknown_name("figure of the video '" + stream.name + "'", figure, figures));
    set(Kind::kFigure, figure, as_signal(number_type(Unit{})));
  }

  void bind_column(const StreamSpec& stream, std::size_t used, bool whole) {
    std::string name = whole ? stream.columns.front().name : rest_of(node_, used);
    const auto find = [&](const std::string& wanted) {
      return std::find_if(stream.columns.begin(), stream.columns.end(),
                          [&](const ColumnSpec& column) { return column.name == wanted; });
    };
    auto column = stream.columns.end();
    if (node_.index) {  // a log may have a column whose very name is "position[3]"
      column = find(name + "[" + std::to_string(*node_.index) + "]");
      if (column != stream.columns.end()) return finish_column(*column, 0);
    }
    column = find(name);
    if (column == stream.columns.end()) {
      std::vector<std::string> names;
      const std::string kind = column_names(stream, names);
      fail(source_, span_from(node_, used), unknown_name(kind, name, names));
    }
    finish_column(*column, element_of(*column));
  }
  void finish_column(const ColumnSpec& column, int element) {
    node_.binding.kind = Kind::kSignal;
    node_.binding.element = element;
    node_.binding.indexed = element >= 0 && column.width > 1;
    node_.binding.field = column.name;
    node_.type = as_signal(column_type(column), element < 0 ? column.width : 1);
  }
  int element_of(const ColumnSpec& column) const {
    if (!node_.index_name.empty()) {
      const auto& names = column.element_names;
      const auto found = std::find(names.begin(), names.end(), node_.index_name);
      if (found == names.end())
        fail(source_, node_.index_span,
             unknown_name("element of '" + column.name + "'", node_.index_name, names));
      return static_cast<int>(found - names.begin());
    }
    if (!node_.index) return column.width == 1 ? 0 : -1;
    if (*node_.index >= static_cast<std::int64_t>(column.width))
      fail(source_, node_.index_span,
           "'" + column.name + "' has " + std::to_string(column.width) +
               (column.width == 1 ? " value" : " values") + " a sample; positions are 0 to " +
               std::to_string(column.width - 1));
    return static_cast<int>(*node_.index);
  }

  [[noreturn]] void unknown() const {
    std::vector<std::string> allowed;
    if (names_.session && names_.use == Names::Use::kRule)
      for (const StreamSpec& stream : names_.session->streams) allowed.push_back(stream.name);
    if (names_.parameters)
      for (const auto& entry : names_.parameters->entries) allowed.push_back(entry.name);
    for (const char* prefix : {"segment", "session", "label"}) allowed.emplace_back(prefix);
    const std::string& wrong = node_.parts.front().text;
    std::string message = unknown_name("name", wrong, allowed);
    const std::vector<std::string> prefixes = {"segment", "session", "label"};
    if (std::find(prefixes.begin(), prefixes.end(), wrong) != prefixes.end())
      message = "'" + wrong + "' is not a value by itself; write for example " +
                (wrong == "label" ? "label.result" : wrong + ".start");
    else if (!functions_named(wrong).empty())
      message = "'" + wrong + "' is a function; write " +
                std::string(functions_named(wrong).front()->signature);
    fail(source_, node_.parts.front().span, message);
  }

  const Source& source_;
  Node& node_;
  const Names& names_;
  bool in_event_;
};
}  // namespace

void bind_name(const Source& source, Node& node, const Names& names, bool in_event) {
  Binder(source, node, names, in_event).run();
}

}  // namespace reelcell::label
