// A table of spans: a header line, then rows. Columns start_frame and end_frame (from 0, both
// labelled), or start_s and end_s, start_ms and end_ms, start_ns and end_ns of the playing time, or
// session_start_ns and session_end_ns; label; optionally tier and confidence. Others are
// attributes.
#include <algorithm>
#include <charconv>
#include <map>

#include "internal/table.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/labelio/labels.hpp"

namespace reelcell::labelio {
namespace {
struct Columns {
  SpanUnit unit = SpanUnit::kFrames;
  TimeUnit time = TimeUnit::kNanoseconds;
  std::size_t start = 0, end = 0, label = 0;
  std::optional<std::size_t> tier, confidence;
};

Columns columns_of(const Fields& header, const std::string& where) {
  const auto find = [&](const std::string& name) -> std::optional<std::size_t> {
    const auto at = std::find(header.begin(), header.end(), name);
    if (at == header.end()) return std::nullopt;
    return static_cast<std::size_t>(at - header.begin());
  };
  struct Kind {
    const char *start, *end;
    SpanUnit unit;
    TimeUnit time;
  };
  constexpr Kind kKinds[] = {
      {"start_frame", "end_frame", SpanUnit::kFrames, TimeUnit::kNanoseconds},
      {"start_s", "end_s", SpanUnit::kMedia, TimeUnit::kSeconds},
      {"start_ms", "end_ms", SpanUnit::kMedia, TimeUnit::kMilliseconds},
      {"start_ns", "end_ns", SpanUnit::kMedia, TimeUnit::kNanoseconds},
      {"session_start_ns", "session_end_ns", SpanUnit::kSession, TimeUnit::kNanoseconds}};
  Columns columns;
  const auto label = find("label");
  if (!label) throw InputError(where, "line 1: there is no column 'label'");
  columns.label = *label;
  columns.tier = find("tier");
  columns.confidence = find("confidence");
  for (const Kind& kind : kKinds) {
    const auto start = find(kind.start), end = find(kind.end);
    if (!start || !end) continue;
    columns.unit = kind.unit;
    columns.time = kind.time;
    columns.start = *start;
    columns.end = *end;
    return columns;
  }
  throw InputError(where,
                   "line 1: expected the columns start_frame and end_frame, start_s and end_s, "
                   "start_ms and end_ms, start_ns and end_ns, or session_start_ns and "
                   "session_end_ns");
}

std::int64_t value_of(const std::string& text, const Columns& columns, const std::string& place,
                      const std::string& where) {
  std::int64_t value = 0;
  if (columns.unit == SpanUnit::kFrames) {
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc() && stop == text.data() + text.size()) return value;
    throw InputError(where, place + ": '" + text + "' is no frame number");
  }
  if (parse_time(text, columns.time, &value)) return value;
  throw InputError(where, place + ": '" + text + "' is no time");
}

double confidence_of(const std::string& text, const std::string& place, const std::string& where) {
  double value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc() && stop == text.data() + text.size() && value >= 0 && value <= 1)
    return value;
  throw InputError(where, place + ": confidence is '" + text + "', expected 0 to 1");
}

LabelFile read(std::string_view text, const std::string& where) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  std::size_t at = 0;
  const Fields header = next_record(text, at);
  const Columns columns = columns_of(header, where);
  LabelFile file;
  for (std::size_t row = 2; at < text.size(); ++row) {
    const Fields fields = next_record(text, at);
    if (fields.size() == 1 && fields[0].empty()) continue;
    const std::string place = "row " + std::to_string(row);
    if (fields.size() != header.size())
      throw InputError(where, place + ": has " + std::to_string(fields.size()) +
                                  " fields, the header has " + std::to_string(header.size()));
    Span span;
    span.unit = columns.unit;
    span.first = value_of(fields[columns.start], columns, place, where);
    span.last = value_of(fields[columns.end], columns, place, where);
    span.name = fields[columns.label];
    span.where = place;
    for (std::size_t i = 0; i < fields.size(); ++i) {
      if (i == columns.start || i == columns.end || i == columns.label) continue;
      if (columns.tier == i)
        span.tier = fields[i];
      else if (columns.confidence == i)
        span.confidence = confidence_of(fields[i], place, where);
      else if (!fields[i].empty())
        span.attributes.emplace_back(header[i], fields[i]);
    }
    file.spans.push_back(std::move(span));
  }
  return file;
}
}  // namespace

const FormatRow& csv_labels() {
  static const FormatRow row{"csv", "CSV: start and end in frames or times, and a label", read};
  return row;
}

}  // namespace reelcell::labelio
