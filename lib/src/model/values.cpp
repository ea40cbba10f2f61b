#include <array>
#include <charconv>
#include <cmath>

#include "reelcell/base/error.hpp"
#include "reelcell/model/corpus.hpp"
#include "reelcell/model/episode.hpp"
#include "reelcell/model/finding.hpp"
#include "reelcell/model/segment.hpp"
#include "reelcell/model/series.hpp"
#include "reelcell/model/session.hpp"
#include "reelcell/model/stages.hpp"
#include "reelcell/model/value.hpp"
#include "reelcell/model/video.hpp"

namespace reelcell {

Json to_json(const Value& value) {
  if (const auto* b = std::get_if<bool>(&value)) return *b;
  if (const auto* i = std::get_if<std::int64_t>(&value)) return *i;
  if (const auto* d = std::get_if<double>(&value)) return std::isfinite(*d) ? Json(*d) : Json();
  if (const auto* s = std::get_if<std::string>(&value)) return *s;
  return {};
}

Value value_from_json(const Json& json) {
  if (json.is_boolean()) return json.get<bool>();
  if (json.is_number_unsigned() && json.get<std::uint64_t>() > std::uint64_t{INT64_MAX})
    return json.get<double>();
  if (json.is_number_integer()) return json.get<std::int64_t>();
  if (json.is_number()) return json.get<double>();
  if (json.is_string()) return json.get<std::string>();
  if (json.is_null()) return std::monostate{};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string to_text(const Value& value) {
  if (const auto* b = std::get_if<bool>(&value)) return *b ? "true" : "false";
  if (const auto* i = std::get_if<std::int64_t>(&value)) return std::to_string(*i);
  if (const auto* s = std::get_if<std::string>(&value)) return *s;
  if (const auto* d = std::get_if<double>(&value)) {
    std::array<char, 32> text{};
    const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), *d);
    return {text.data(), end};
  }
  return "unknown";
}

bool VideoFormat::can_share_track(const VideoFormat& other) const {
  return codec == other.codec && width == other.width && height == other.height &&
         pix_fmt == other.pix_fmt && extradata == other.extradata;
}

namespace {
constexpr std::pair<DType, std::string_view> kTypes[] = {
    {DType::kFloat32, "float32"}, {DType::kFloat64, "float64"}, {DType::kInt8, "int8"},
    {DType::kInt16, "int16"},     {DType::kInt32, "int32"},     {DType::kInt64, "int64"},
    {DType::kUInt8, "uint8"},     {DType::kUInt16, "uint16"},   {DType::kUInt32, "uint32"},
    {DType::kUInt64, "uint64"},   {DType::kBool, "bool"},       {DType::kString, "string"}};
constexpr std::pair<StreamKind, std::string_view> kKinds[] = {{StreamKind::kVideo, "video"},
                                                              {StreamKind::kSeries, "series"},
                                                              {StreamKind::kEvents, "events"},
                                                              {StreamKind::kAudio, "audio"}};
constexpr std::pair<StampPoint, std::string_view> kStamps[] = {
    {StampPoint::kUnknown, "unknown"},          {StampPoint::kExposureStart, "exposure_start"},
    {StampPoint::kExposureMid, "exposure_mid"}, {StampPoint::kExposureEnd, "exposure_end"},
    {StampPoint::kReadout, "readout"},          {StampPoint::kReceive, "receive"}};

template <class Table, class Key>
std::string_view name_in(const Table& table, Key key) {
  for (const auto& [value, name] : table)
    if (value == key) return name;
  return "?";
}
template <class Table>
auto value_in(const Table& table, std::string_view wanted, const char* kind) {
  std::vector<std::string> names;
  for (const auto& [value, name] : table) {
    if (name == wanted) return value;
    names.emplace_back(name);
  }
  throw InputError(unknown_name(kind, wanted, names));
}
}  // namespace

std::string_view to_string(DType type) { return name_in(kTypes, type); }
DType parse_dtype(std::string_view name) { return value_in(kTypes, name, "data type"); }
std::string_view to_string(StreamKind kind) { return name_in(kKinds, kind); }
StreamKind parse_stream_kind(std::string_view text) {
  return value_in(kKinds, text, "stream kind");
}
std::string_view to_string(StampPoint point) { return name_in(kStamps, point); }
StampPoint parse_stamp_point(std::string_view text) {
  return value_in(kStamps, text, "stamp point");
}

ColumnData empty_data(DType type) {
  if (is_float(type)) return std::vector<double>{};
  if (type == DType::kString) return std::vector<std::string>{};
  return std::vector<std::int64_t>{};
}

std::size_t Column::rows() const {
  const std::size_t values = std::visit([](const auto& v) { return v.size(); }, data);
  return spec.width ? values / spec.width : 0;
}

double Column::number(std::size_t row, std::size_t element) const {
  const std::size_t i = row * spec.width + element;
  if (const auto* d = std::get_if<std::vector<double>>(&data)) return (*d)[i];
  if (const auto* n = std::get_if<std::vector<std::int64_t>>(&data))
    return static_cast<double>((*n)[i]);
  return std::nan("");
}

void Column::append_rows(const Column& other, std::size_t first, std::size_t count) {
  std::visit(
      [&](auto& mine) {
        const auto& theirs = std::get<std::decay_t<decltype(mine)>>(other.data);
        const auto from = theirs.begin() + static_cast<std::ptrdiff_t>(first * spec.width);
        mine.insert(mine.end(), from, from + static_cast<std::ptrdiff_t>(count * spec.width));
      },
      data);
}

const StreamSpec* SessionDescription::stream(std::string_view name) const {
  for (const StreamSpec& spec : streams)
    if (spec.name == name) return &spec;
  return nullptr;
}
const Value* SessionDescription::attribute(std::string_view name) const {
  for (const auto& [key, value] : attributes)
    if (key == name) return &value;
  return nullptr;
}
const Label* Segment::label(std::string_view label_name) const {
  for (const Label& entry : labels)
    if (entry.name == label_name) return &entry;
  return nullptr;
}
const Value* Segment::attribute(std::string_view attribute_name) const {
  for (const auto& [key, value] : attributes)
    if (key == attribute_name) return &value;
  return nullptr;
}

Json to_json(const Segment& segment) {
  Json attributes = Json::object();
  for (const auto& [key, value] : segment.attributes) attributes[key] = to_json(value);
  Json labels = Json::object();
  for (const Label& label : segment.labels) {
    labels[label.name] = {{"value", to_json(label.value)},
                          {"confidence", label.confidence},
                          {"rule", label.rule},
                          {"inputs", label.inputs}};
    if (!label.explanation.empty()) labels[label.name]["explanation"] = label.explanation;
  }
  const auto boundary = [](const Boundary& b) {
    Json json = {{"source", b.source}};
    if (b.uncertainty) json["uncertainty_ns"] = b.uncertainty->count();
    return json;
  };
  return {{"name", segment.name},
          {"kind", segment.kind},
          {"start_ns", ns_of(segment.range.start)},
          {"end_ns", ns_of(segment.range.end)},
          {"begin", boundary(segment.begin)},
          {"finish", boundary(segment.finish)},
          {"attributes", attributes},
          {"labels", labels},
          {"task", segment.task}};
}

std::string_view to_string(JoinFlag flag) {
  switch (flag) {
    case JoinFlag::kExact:
      return "exact";
    case JoinFlag::kInterpolated:
      return "interpolated";
    case JoinFlag::kHeld:
      return "held";
    case JoinFlag::kNearest:
      return "nearest";
    case JoinFlag::kGap:
      return "gap";
  }
  return "gap";
}

std::string_view to_string(FindingLevel level) {
  switch (level) {
    case FindingLevel::kNote:
      return "note";
    case FindingLevel::kWarning:
      return "warning";
    case FindingLevel::kError:
      return "error";
  }
  return "error";
}

void Findings::add(FindingLevel level, std::string code, std::string path, std::string where,
                   std::string message) {
  findings_.push_back(
      {level, std::move(code), std::move(path), std::move(where), std::move(message)});
}
void Findings::error(std::string code, std::string path, std::string where, std::string message) {
  add(FindingLevel::kError, std::move(code), std::move(path), std::move(where), std::move(message));
}
void Findings::warning(std::string code, std::string path, std::string where, std::string message) {
  add(FindingLevel::kWarning, std::move(code), std::move(path), std::move(where),
      std::move(message));
}
void Findings::note(std::string code, std::string path, std::string where, std::string message) {
  add(FindingLevel::kNote, std::move(code), std::move(path), std::move(where), std::move(message));
}
std::size_t Findings::count(FindingLevel level) const {
  std::size_t n = 0;
  for (const Finding& finding : findings_) n += finding.level == level;
  return n;
}
void Findings::checked(std::string what, std::uint64_t count) {
  for (auto& [name, total] : checked_)
    if (name == what) {
      total += count;
      return;
    }
  checked_.emplace_back(std::move(what), count);
}

std::string_view to_string(GateAction action) {
  switch (action) {
    case GateAction::kKeep:
      return "keep";
    case GateAction::kDrop:
      return "drop";
    case GateAction::kQuarantine:
      return "quarantine";
  }
  return "keep";
}

}  // namespace reelcell
