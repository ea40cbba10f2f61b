#include <algorithm>
#include <charconv>
#include <cmath>

#include "internal/common.hpp"
#include "reelcell/base/error.hpp"

namespace reelcell::segment {
namespace {
std::vector<std::string> names_of(const SessionDescription& session,
                                  std::optional<StreamKind> kind) {
  std::vector<std::string> names;
  for (const StreamSpec& spec : session.streams)
    if (!kind || spec.kind == *kind) names.push_back(spec.name);
  return names;
}

/// Takes a trailing "[3]" off the text.
std::optional<std::size_t> take_element(std::string& text) {
  const auto open = text.rfind('[');
  if (!text.ends_with(']') || open == std::string::npos) return std::nullopt;
  std::size_t element = 0;
  const char* const end = text.data() + text.size() - 1;
  const auto [stop, error] = std::from_chars(text.data() + open + 1, end, element);
  if (error != std::errc() || stop != end) return std::nullopt;
  text.resize(open);
  return element;
}

/// The stream whose name starts the text: stream names may hold dots themselves.
const StreamSpec* stream_of(const std::string& text, const SessionDescription& session) {
  const StreamSpec* best = nullptr;
  for (const StreamSpec& spec : session.streams) {
    const bool fits = text == spec.name || text.starts_with(spec.name + ".");
    if (fits && (!best || spec.name.size() > best->name.size())) best = &spec;
  }
  return best;
}
}  // namespace

SignalRef resolve_signal(const std::string& text, const SessionDescription& session,
                         const std::string& where) {
  SignalRef ref;
  ref.text = text;
  std::string name = text;
  ref.element = take_element(name);
  const StreamSpec* const stream = stream_of(name, session);
  if (!stream || stream->kind != StreamKind::kSeries)
    throw InputError(where, unknown_name("signal", text, names_of(session, StreamKind::kSeries)) +
                                " Write stream.column, such as joints.dq.");
  ref.stream = stream->name;
  const std::string column =
      name.size() > ref.stream.size() ? name.substr(ref.stream.size() + 1) : "";
  std::vector<std::string> columns;
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < stream->columns.size(); ++i) {
    columns.push_back(ref.stream + "." + stream->columns[i].name);
    if (stream->columns[i].name == column || (column.empty() && stream->columns.size() == 1))
      found = i;
  }
  if (!found) throw InputError(where, unknown_name("signal", text, columns));
  ref.column = *found;
  ref.spec = stream->columns[*found];
  if (ref.spec.dtype == DType::kString)
    throw InputError(where, "signal '" + text + "' is text, expected numbers");
  if (ref.element && *ref.element >= ref.spec.width)
    throw InputError(where, "signal '" + text + "' has " + std::to_string(ref.spec.width) +
                                " elements, counted from 0");
  return ref;
}

const StreamSpec& stream_named(const std::string& name, const SessionDescription& session,
                               StreamKind kind, const std::string& where) {
  const StreamSpec* const spec = session.stream(name);
  if (spec && spec->kind == kind) return *spec;
  throw InputError(
      where, unknown_name(std::string(to_string(kind)) + " stream", name, names_of(session, kind)));
}

std::string numbered_name(const std::string& prefix, std::size_t number) {
  std::string digits = std::to_string(number);
  if (digits.size() < 4) digits.insert(0, 4 - digits.size(), '0');
  return prefix + "-" + digits;
}

SessionTime crossing(SessionTime t0, double v0, SessionTime t1, double v1, double level) {
  if (!(std::abs(v1 - v0) > 0)) return t1;
  const double fraction = std::clamp((level - v0) / (v1 - v0), 0.0, 1.0);
  return t0 + Nanos(std::llround(fraction * static_cast<double>((t1 - t0).count())));
}

}  // namespace reelcell::segment
