#include "reelcell/replay/scene.hpp"

#include <charconv>

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
