// `reelcell init`: what the files of a folder tell of a session.
#include <algorithm>
#include <cmath>
#include <set>

#include "reelcell/base/error.hpp"
#include "reelcell/base/file.hpp"
#include "reelcell/pipeline/inspect.hpp"
#include "reelcell/readers/registry.hpp"
#include "reelcell/timeline/report.hpp"

namespace reelcell::pipeline {
namespace {

std::string clean_name(std::string text) {
  for (char& c : text)
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  return text.empty() ? "stream" : text;
}

/// A rate as people write it: whole numbers where the measured one is within 2 %.
double tidy_rate(double hz) {
  const double whole = std::round(hz);
  return whole >= 1 && std::abs(hz - whole) <= 0.02 * whole ? whole : std::round(hz * 1000) / 1000;
}

bool looks_like_events(const StreamInfo& info) {
  return !info.columns.empty() &&
         std::any_of(info.columns.begin(), info.columns.end(),
                     [](const ColumnSpec& column) { return column.dtype == DType::kString; });
}

/// What the reader found out about a log, written down so that a person can correct it.
Json log_options(const StreamInfo& info, bool events) {
  Json options = Json::object();
  if (!info.details.contains("time_unit")) return options;
  options["time_column"] = info.time_field;
  options["time_unit"] = info.details["time_unit"];
  if (events) return options;
  Json columns = Json::array();
  for (const ColumnSpec& column : info.columns)
    columns.push_back({{"name", column.name}, {"from", column.name}, {"unit", column.unit}});
  options["columns"] = std::move(columns);
  return options;
}

/// The rate of a camera by its median interval: lost frames make the average lower.
std::optional<double> frame_rate(const Recording& recording, const StreamInfo& info,
                                 Diagnostics& diagnostics) {
  const auto source = recording.open_video(info.item, diagnostics);
  timeline::StreamTimeStats stats;
  for (const FrameRecord& frame : source->frames().frames)
    stats.add(session_time(ns_of(frame.time)));
  const Json rate = stats.to_json().value("rate_hz", Json());
  return rate.is_number() ? std::optional(rate.get<double>()) : info.rate_hz;
}

Json propose_stream(const ReaderRow& reader, const Recording& recording, const std::string& file,
                    const StreamInfo& info, std::set<std::string>& names, bool only_item,
                    Diagnostics& diagnostics) {
  std::string base = clean_name(only_item                     ? fs::path(file).stem().string()
                                : info.suggested_name.empty() ? info.item
                                                              : info.suggested_name);
  std::string name = base;
  for (int i = 2; !names.insert(name).second; ++i) name = base + "_" + std::to_string(i);
  const bool events = info.kind == StreamKind::kEvents || looks_like_events(info);
  Json stream = {
      {"name", name},
      {"kind",
       events && info.kind == StreamKind::kSeries ? "events" : std::string(to_string(info.kind))},
      {"path", file},
      {"format", reader.name}};
  if (!only_item) stream["item"] = info.item;
  if (Json options = log_options(info, events); !options.empty())
    stream["options"] = std::move(options);
  const auto rate =
      info.kind == StreamKind::kVideo ? frame_rate(recording, info, diagnostics) : info.rate_hz;
  if (rate && !events) stream["rate_hz"] = tidy_rate(*rate);
  stream["clock"] = {{"offset_ns", 0}, {"drift_ppm", 0.0}};
  if (info.kind == StreamKind::kVideo) stream["stamp"] = "unknown";
  return stream;
}

}  // namespace

Json propose_session(const fs::path& folder, Diagnostics& diagnostics) {
  if (!fs::is_directory(folder))
    throw InputError(folder.string(), "is not a folder; 'reelcell init' takes a session's folder");
  Json streams = Json::array();
  std::set<std::string> names;
  std::string assumed;  // files whose time unit nothing tells
  bool unix_times = false;
  bool small_times = false;
  Json plan;
  for (const std::string& file : list_files(folder)) {
    if (file == "session.json" || file.ends_with("truth.json")) continue;
    if (file == "plan.json") {
      plan = file;
      continue;
    }
    const fs::path path = folder / file;
    const ReaderRow* reader = readers::sniff(path);
    if (!reader) {
      diagnostics.note("init-unknown-file", file,
                       "is in no format this program reads and was left out");
      continue;
    }
    try {
      const auto recording =
          reader->open({path, "", OptionValues::defaults(reader->options)}, diagnostics);
      const auto& infos = recording->streams();
      for (const StreamInfo& info : infos) {
        streams.push_back(
            propose_stream(*reader, *recording, file, info, names, infos.size() == 1, diagnostics));
        if (info.details.value("time_unit_assumed", false))
          assumed += (assumed.empty() ? "" : ", ") + file;
        // Unix times in ns lie past 2001; anything smaller counts from a start.
        if (info.first)
          (ns_of(*info.first) > 1'000'000'000'000'000'000 ? unix_times : small_times) = true;
      }
    } catch (const InputError& error) {
      diagnostics.loss("init-unreadable-file", file, error.what());
    }
  }
  if (streams.empty())
    throw InputError(
        folder.string(),
        "holds no file that this program reads; 'reelcell formats' lists what it reads");
  Json session = {
      {"version", 1},
      {"id", fs::absolute(folder).lexically_normal().filename().string()},
      {"comment", std::string("Proposed from the files. Check: names, kinds, units of columns, and "
                              "the clocks: session = stream + "
                              "offset_ns + drift_ppm * 1e-6 * (stream - reference_ns).") +
                      (assumed.empty() ? ""
                                       : " Seconds are assumed as the time_unit of " + assumed +
                                             ", whose files do not say.")},
      {"clock", {{"epoch", unix_times ? "unix" : "unknown"}}},
      {"attributes", Json::object()},
      {"streams", streams}};
  if (unix_times && small_times)
    session["comment"] =
        session["comment"].get<std::string>() +
        " Some streams carry Unix times and others count from 0: give the latter their offset_ns.";
  if (!plan.is_null()) session["plan"] = plan;
  return session;
}

}  // namespace reelcell::pipeline
