#include "reelcell/replay/scene.hpp"

#include <algorithm>
#include <charconv>
#include <initializer_list>

#include "reelcell/base/error.hpp"

namespace reelcell::replay {
namespace {

bool is_number(const ColumnSpec& column) { return column.dtype != DType::kString; }

/// The index in "name[3]", which is cut off; nothing where there is none.
std::optional<std::size_t> cut_element(std::string& name) {
  const std::size_t open = name.rfind('[');
  if (open == std::string::npos || name.back() != ']') return std::nullopt;
  std::size_t element = 0;
  const char* const last = name.data() + name.size() - 1;
  const auto [end, error] = std::from_chars(name.data() + open + 1, last, element);
  if (error != std::errc{} || end != last) return std::nullopt;
  name.resize(open);
  return element;
}

std::optional<SignalRef> find_signal(const SessionDescription& session, const std::string& name) {
  SignalRef signal;
  std::string rest = name;
  signal.element = cut_element(rest);
  for (const StreamSpec& stream : session.streams) {
    if (stream.kind != StreamKind::kSeries || !rest.starts_with(stream.name + ".")) continue;
    for (const ColumnSpec& column : stream.columns) {
      if (!is_number(column) || column.name != rest.substr(stream.name.size() + 1)) continue;
      if (signal.element && *signal.element >= column.width)
        throw InputError("--signals", "'" + name + "': " + stream.name + "." + column.name +
                                          " has elements 0 to " + std::to_string(column.width - 1));
      signal.stream = stream.name;
      signal.column = column.name;
      return signal;
    }
  }
  return std::nullopt;
}

/// Measured values first: integers are mostly counters and row numbers, and the strips are few.
std::vector<SignalRef> all_signals(const SessionDescription& session) {
  std::vector<SignalRef> all, counts;
  for (const StreamSpec& stream : session.streams)
    if (stream.kind == StreamKind::kSeries)
      for (const ColumnSpec& column : stream.columns)
        if (is_number(column)) {
          SignalRef signal{stream.name, column.name, std::nullopt};
          (is_float(column.dtype) ? all : counts).push_back(std::move(signal));
        }
  all.insert(all.end(), counts.begin(), counts.end());
  return all;
}

/// Row numbers and the rows' own times, which a data set or a recorder adds: ramps that show
/// nothing.
bool only_counts(const StreamSpec& stream, const std::string& column) {
  const auto is_one_of = [](const std::string& name, std::initializer_list<const char*> names) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  if (stream.source.format == "lerobot")
    return column.starts_with("reelcell.") ||
           is_one_of(column, {"timestamp", "frame_index", "episode_index", "index", "task_index"});
  if (stream.source.format != "mcap") return false;
  // A message's own field keeps its name: the recorder's column is "mcap.sequence" then.
  const std::string own = column.starts_with("mcap.") ? column.substr(5) : column;
  if (!is_one_of(own, {"log_time", "publish_time", "sequence"})) return false;
  return column != own ||
         std::none_of(stream.columns.begin(), stream.columns.end(),
                      [&](const ColumnSpec& c) { return c.name == "mcap." + own; });
}

}  // namespace

std::string to_string(const SignalRef& signal) {
  std::string text = signal.stream + "." + signal.column;
  if (signal.element) text += "[" + std::to_string(*signal.element) + "]";
  return text;
}

std::vector<SignalRef> choose_signals(const SessionDescription& session,
                                      const std::vector<std::string>& wanted, std::size_t most) {
  std::vector<SignalRef> all = all_signals(session);
  if (wanted.empty()) {
    std::erase_if(all, [&](const SignalRef& signal) {
      return only_counts(*session.stream(signal.stream), signal.column);
    });
    all.resize(std::min(all.size(), most));
    return all;
  }
  std::vector<SignalRef> chosen;
  for (const std::string& name : wanted) {
    const auto signal = find_signal(session, name);
    if (!signal) {
      std::vector<std::string> names;
      for (const SignalRef& known : all) names.push_back(to_string(known));
      throw InputError("--signals", unknown_name("signal", name, names));
    }
    chosen.push_back(*signal);
  }
  return chosen;
}

}  // namespace reelcell::replay
