#include "internal/measure.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "reelcell/base/error.hpp"

namespace reelcell::curate {
namespace {
constexpr Nanos kStretch = std::chrono::seconds(10);

/// Ranges of at most kStretch that cover `range`.
template <class Visit>
void each_stretch(TimeRange range, Visit&& visit) {
  for (SessionTime start = range.start; start < range.end;) {
    const SessionTime end = range.end - start > kStretch ? start + kStretch : range.end;
    visit(TimeRange{start, end});
    start = end;
  }
}

bool has_kind(const std::vector<StreamKind>& kinds, StreamKind kind) {
  return std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
}

ColumnRef column_in(const StreamSpec& stream, std::string name, const std::string& text,
                    const std::string& where) {
  ColumnRef ref;
  ref.stream = &stream;
  ref.text = text;
  bool indexed = false;
  const auto find = [&stream](const std::string& wanted) {
    return std::find_if(stream.columns.begin(), stream.columns.end(),
                        [&](const ColumnSpec& each) { return each.name == wanted; });
  };
  auto column = find(name);
  if (column == stream.columns.end() && name.ends_with(']')) {
    const std::size_t open = name.rfind('[');
    const std::string digits =
        open == std::string::npos ? "" : name.substr(open + 1, name.size() - open - 2);
    if (!digits.empty() && digits.size() < 7 &&
        digits.find_first_not_of("0123456789") == std::string::npos) {
      ref.element = std::stoul(digits);
      indexed = true;
      name.resize(open);
      column = find(name);
    }
  }
  std::vector<std::string> names;
  for (const ColumnSpec& each : stream.columns) names.push_back(each.name);
  if (column == stream.columns.end())
    throw InputError(where, unknown_name("column of '" + stream.name + "'", name, names));
  if (column->dtype == DType::kString)
    throw InputError(where, "'" + text + "' holds texts; a column of numbers is needed");
  if (ref.element >= column->width || (!indexed && column->width > 1))
    throw InputError(where, "'" + stream.name + "." + name + "' has " +
                                std::to_string(column->width) +
                                " values a sample; choose one: " + stream.name + "." + name +
                                "[0] to [" + std::to_string(column->width - 1) + "]");
  ref.column = column->name;
  ref.unit_text = column->unit;
  return ref;
}
}  // namespace

std::vector<const StreamSpec*> chosen_streams(const OptionValues& options,
                                              const std::string& option,
                                              const SessionDescription& session,
                                              const std::vector<StreamKind>& kinds) {
  std::vector<const StreamSpec*> streams;
  const std::vector<std::string> wanted =
      options.has(option) ? options.texts(option) : std::vector<std::string>{};
  if (wanted.empty()) {
    for (const StreamSpec& stream : session.streams)
      if (has_kind(kinds, stream.kind)) streams.push_back(&stream);
    return streams;
  }
  for (const std::string& name : wanted) {
    const StreamSpec* stream = session.stream(name);
    std::vector<std::string> names;
    for (const StreamSpec& each : session.streams)
      if (has_kind(kinds, each.kind)) names.push_back(each.name);
    const std::string where = options.where() + "/" + option;
    if (!stream) throw InputError(where, unknown_name("stream", name, names));
    if (!has_kind(kinds, stream->kind))
      throw InputError(where, "'" + name + "' is " + std::string(to_string(stream->kind)) +
                                  "; this gate looks at " + list_of(names));
    streams.push_back(stream);
  }
  return streams;
}

ColumnRef find_column(const std::string& text, const SessionDescription& session,
                      const std::string& where) {
  const StreamSpec* whole = session.stream(text);
  if (whole && whole->kind == StreamKind::kSeries && whole->columns.size() == 1)
    return column_in(*whole, whole->columns.front().name, text, where);
  for (std::size_t dot = text.rfind('.'); dot != std::string::npos && dot > 0;
       dot = text.rfind('.', dot - 1)) {
    const StreamSpec* stream = session.stream(text.substr(0, dot));
    if (stream && stream->kind == StreamKind::kSeries)
      return column_in(*stream, text.substr(dot + 1), text, where);
  }
  std::vector<std::string> columns;
  for (const StreamSpec& stream : session.streams)
    if (stream.kind == StreamKind::kSeries)
      for (const ColumnSpec& column : stream.columns)
        columns.push_back(
            stream.name + "." + column.name +
            (column.width > 1 ? "[0.." + std::to_string(column.width - 1) + "]" : ""));
  throw InputError(where, unknown_name("signal", text, columns));
}

double limit_in_unit(const Json& json, const ColumnRef& column, const std::string& where) {
  return in_unit_of({column.text, column.unit_text}, json, where);
}

void each_time(SessionSignals& signals, const StreamSpec& stream, TimeRange range,
               const std::function<void(SessionTime)>& visit) {
  each_stretch(range, [&](TimeRange stretch) {
    if (stream.kind == StreamKind::kVideo) {
      for (const SessionTime time : signals.frames(stream.name, stretch).times) visit(time);
    } else if (stream.kind == StreamKind::kEvents) {
      for (const Event& event : signals.events(stream.name, stretch)) visit(event.time);
    } else {
      for (const SessionTime time : signals.series(stream.name, stretch, false).times) visit(time);
    }
  });
}

ValueCount each_value(SessionSignals& signals, const ColumnRef& ref, TimeRange range,
                      const std::function<void(SessionTime, double)>& visit) {
  ValueCount count;
  each_stretch(range, [&](TimeRange stretch) {
    const SeriesSlice slice = signals.series(ref.stream->name, stretch, false);
    for (const Column& column : slice.columns) {
      if (column.spec.name != ref.column) continue;
      for (std::size_t row = 0; row < slice.times.size(); ++row) {
        const double value = column.number(row, ref.element);
        if (!std::isfinite(value)) {
          ++count.missing;
          continue;
        }
        ++count.there;
        visit(slice.times[row], value);
      }
    }
  });
  return count;
}

void each_frame(SessionSignals& signals, const StreamSpec& stream, TimeRange range,
                const std::function<void(const FrameVisit&)>& visit) {
  bool any = false;
  each_stretch(range, [&](TimeRange stretch) {
    const SessionSignals::FrameTimes frames = signals.frames(stream.name, stretch);
    const auto figures = signals.frame_figures(stream.name, stretch);
    for (std::size_t i = 0; i < frames.times.size(); ++i) {
      const bool there = i < figures.size() && figures[i].has_value();
      visit({frames.times[i], there ? &*figures[i] : nullptr, any});
      any = true;
    }
  });
}

std::int64_t Quantiles::at(double share) const {
  const double wanted = std::ceil(share * static_cast<double>(total_));
  std::uint64_t seen = 0;
  for (const auto& [value, count] : counts_) {
    seen += count;
    if (static_cast<double>(seen) >= wanted) return value;
  }
  return 0;
}

std::string place(SessionTime time) {
  std::string text = format_seconds(time.time_since_epoch());
  const std::size_t point = text.find('.');
  if (point != std::string::npos)
    while (text.size() > point + 4 && text.back() == '0') text.pop_back();
  return text + " s";
}
std::string place(TimeRange range) {
  return "[" + place(range.start) + ", " + place(range.end) + ")";
}

std::string figure_text(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.4g", value);
  return text.data();
}
double milliseconds(Nanos d) { return static_cast<double>(d.count()) / 1e6; }

void Worst::add(GateResult result, double excess) {
  const bool worse = !worst_ || (worst_->passed && !result.passed) ||
                     (worst_->passed == result.passed && excess > excess_);
  if (!worse) return;
  worst_ = std::move(result);
  excess_ = excess;
}

GateResult Worst::take(const std::string& nothing_to_check) const {
  if (worst_) return *worst_;
  GateResult result;
  result.reason = nothing_to_check;
  return result;
}

OptionSpec streams_option(const std::string& which) {
  return {.name = "streams",
          .type = OptionType::kTextList,
          .unit = "",
          .fallback = Json::array(),
          .help = "Names of the streams to look at (none: all " + which + ")"};
}

}  // namespace reelcell::curate
