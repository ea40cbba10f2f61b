#include <algorithm>
#include <cmath>
#include <set>

#include "internal/camera_rate.hpp"
#include "internal/propose.hpp"
#include "internal/stream_rate.hpp"
#include "internal/unit_of_name.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/timeline/report.hpp"

namespace reelcell::pipeline {
namespace {

constexpr std::size_t kColumnsListed = 64;  ///< more are nothing that a person edits

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

std::string trimmed_stem(std::string stem) {
  while (!stem.empty() && (stem.back() == '_' || stem.back() == '.')) stem.pop_back();
  return stem;
}

/// Name without its number or axis, and which element it is; -1 = none.
struct Part {
  std::string stem;
  int place = -1;
};
Part part_of(const std::string& name) {
  const auto digits = name.find_last_not_of("0123456789") + 1;
  if (digits < name.size() && digits > 0 && name.size() - digits <= 3)
    return {trimmed_stem(name.substr(0, digits)), std::stoi(name.substr(digits))};
  return {name, -1};
}
Part axis_of(const std::string& name) {
  constexpr std::string_view kAxes = "xyzw";
  const auto place = name.empty() ? std::string_view::npos : kAxes.find(name.back());
  if (place == std::string_view::npos) return {name, -1};
  return {trimmed_stem(name.substr(0, name.size() - 1)), static_cast<int>(place)};
}

/// The run of columns from `first` that are elements 0.. or 1.. of one vector, of one unit.
std::size_t run_length(const std::vector<ColumnSpec>& columns, std::size_t first,
                       Part (*split)(const std::string&)) {
  const Part start = split(columns[first].name);
  if (start.stem.empty() || start.place < 0 || start.place > 1) return 1;
  std::size_t length = 1;
  for (; first + length < columns.size(); ++length) {
    const ColumnSpec& column = columns[first + length];
    const Part next = split(column.name);
    if (next.stem != start.stem || next.place != start.place + static_cast<int>(length) ||
        column.unit != columns[first].unit || column.width != 1 ||
        column.dtype != columns[first].dtype)
      break;
  }
  return length;
}

/// The unit that the file states, else the one that the name ends in, which goes to `by_name`.
std::string proposed_unit(const ColumnSpec& column, const std::vector<std::string>& names,
                          const std::string& group, std::vector<std::string>& by_name) {
  if (!column.unit.empty() || column.dtype == DType::kString || column.dtype == DType::kBool)
    return column.unit;
  std::string unit = unit_of_name(column.name, names);
  if (!unit.empty()) by_name.push_back(group + " in " + unit);
  return unit;
}

Json grouped_columns(const std::vector<ColumnSpec>& columns, bool named,
                     std::vector<std::string>& by_name) {
  std::set<std::string> taken;
  std::vector<std::string> names;
  for (const ColumnSpec& column : columns) {
    taken.insert(column.name);
    names.push_back(column.name);
  }
  Json list = Json::array();
  for (std::size_t i = 0; i < columns.size();) {
    std::size_t length = named ? run_length(columns, i, part_of) : 1;
    std::string stem = part_of(columns[i].name).stem;
    if (named && length < 2) {
      length = axis_of(columns[i].name).place == 0 ? run_length(columns, i, axis_of) : 1;
      stem = axis_of(columns[i].name).stem;
      if (length < 3) length = 1;  // x and y alone are rarely one thing
    }
    const bool vector = length > 1 && taken.insert(stem).second;
    if (!vector) {
      list.push_back({{"name", columns[i].name},
                      {"unit", proposed_unit(columns[i], names, columns[i].name, by_name)}});
      ++i;
      continue;
    }
    Json from = Json::array();
    for (std::size_t k = 0; k < length; ++k) from.push_back(columns[i + k].name);
    list.push_back({{"name", stem},
                    {"from", from},
                    {"unit", proposed_unit(columns[i], names, stem, by_name)}});
    i += length;
  }
  return list;
}

/// A text field that says what happened.
std::string kind_field(const StreamInfo& info) {
  std::vector<std::string> texts;
  for (const Json& field : info.details.value("text_fields", Json::array()))
    texts.push_back(field.get<std::string>());
  for (const char* wanted : {"event", "kind", "type", "event_type"})
    for (const std::string& text : texts)
      if (lower(text) == wanted) return text;
  return "";
}

}  // namespace

Json proposed_options(const StreamInfo& info, StreamKind kind,
                      std::vector<std::string>& units_by_name) {
  Json options = Json::object();
  if (!info.details.contains("time_column")) return options;  // no line-oriented log
  options["time_column"] = info.details["time_column"];
  options["time_unit"] = info.details["time_unit"];
  if (info.details.value("delimiter", std::string(",")) != ",")
    options["delimiter"] = info.details["delimiter"];
  if (info.details.value("decimal", std::string("point")) == "comma") options["decimal"] = "comma";
  if (kind == StreamKind::kEvents) {
    if (const std::string field = kind_field(info); !field.empty()) options["kind_column"] = field;
  } else if (!info.columns.empty() && info.columns.size() <= kColumnsListed) {
    options["columns"] =
        grouped_columns(info.columns, info.details.value("header", true), units_by_name);
  }
  return options;
}

namespace {

/// What 'info' says; a data set states its own.
std::optional<double> series_rate(const Recording& recording, const StreamInfo& info,
                                  std::uint64_t bytes) {
  if (info.details.contains("features")) return info.rate_hz;
  bool whole = true;
  Diagnostics ignored;
  const Json times = glanced_times(recording, info, "", bytes, false, ignored, whole);
  if (!times.is_object()) return info.rate_hz;
  if (!whole && info.rate_hz) return info.rate_hz;
  return times["rate_hz"].is_number() ? std::optional(times["rate_hz"].get<double>())
                                      : std::nullopt;
}

}  // namespace

std::optional<double> proposed_rate(const Recording& recording, const StreamInfo& info,
                                    StreamKind kind, std::uint64_t bytes) {
  if (kind == StreamKind::kSeries) {
    const auto rate = series_rate(recording, info, bytes);
    if (!rate || !std::isfinite(*rate) || *rate <= 0) return std::nullopt;
    const double whole = std::round(*rate);
    return whole >= 1 && std::abs(*rate - whole) <= 0.01 * whole ? whole
                                                                 : std::round(*rate * 1000) / 1000;
  }
  if (kind != StreamKind::kVideo) return std::nullopt;
  timeline::StreamTimeStats stats;
  std::vector<SessionTime> times;
  const auto add = [&](const FrameTable& table) {
    for (const FrameRecord& frame : table.frames)
      stats.add(times.emplace_back(session_time(ns_of(frame.time))));
  };
  VideoFormat format;
  if (info.glance) {
    add(*info.glance);
  } else {
    Diagnostics ignored;  // the same is reported when the session is read
    const auto source = recording.open_video(info.item, ignored);
    add(source->frames());
    format = source->format();
  }
  const auto median = stats.median_rate_hz();
  if (!median) return std::nullopt;
  const double rate =
      info.glance && info.rate_hz ? *info.rate_hz : camera_hz(pace_of(times, *median), format);
  const double whole = std::round(rate);
  if (whole >= 1 && std::abs(rate - whole) <= 0.0005 * whole) return whole;
  return std::round(rate * 1e6) / 1e6;
}

std::string proposed_role(const std::string& file, const StreamInfo& info, StreamKind kind) {
  if (kind != StreamKind::kEvents) return "";
  std::string words = lower(fs::path(file).stem().string()) + " " + lower(info.item);
  for (const Json& field : info.details.value("fields", Json::array()))
    words += " " + lower(field.get<std::string>());
  const auto has = [&](std::initializer_list<const char*> parts) {
    return std::any_of(parts.begin(), parts.end(),
                       [&](const char* part) { return words.find(part) != std::string::npos; });
  };
  if (has({"verdict", "ok_ng", "judg"})) return "verdicts";
  if (has({"plc", "cycle"})) return "plc";
  if (has({"mark"})) return "marks";
  return "";
}

}  // namespace reelcell::pipeline
