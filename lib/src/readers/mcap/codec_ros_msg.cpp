// .msg text of ROS 1 and ROS 2.
#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <optional>
#include <utility>

#include "internal/codec/ros_schema.hpp"
#include "reelcell/base/error.hpp"

namespace reelcell::readers::mcap {
namespace {

std::string_view trim(std::string_view text) {
  const auto is_space = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

std::optional<Prim> primitive(std::string_view type, RosDialect dialect) {
  static constexpr std::array<std::pair<std::string_view, Prim>, 14> kBoth = {
      {{"bool", Prim::kBool},
       {"int8", Prim::kInt8},
       {"uint8", Prim::kUInt8},
       {"int16", Prim::kInt16},
       {"uint16", Prim::kUInt16},
       {"int32", Prim::kInt32},
       {"uint32", Prim::kUInt32},
       {"int64", Prim::kInt64},
       {"uint64", Prim::kUInt64},
       {"float32", Prim::kFloat32},
       {"float64", Prim::kFloat64},
       {"string", Prim::kString},
       {"time", Prim::kTime},
       {"duration", Prim::kDuration}}};
  for (const auto& [name, prim] : kBoth)
    if (name == type) return prim;
  // "byte" is int8 in ROS 1 and an octet in ROS 2; "char" is uint8 in both.
  if (type == "byte") return dialect == RosDialect::kRos1 ? Prim::kInt8 : Prim::kUInt8;
  if (type == "char") return Prim::kUInt8;
  return std::nullopt;
}

bool is_identifier(std::string_view text) {
  return !text.empty() && !std::isdigit(static_cast<unsigned char>(text.front())) &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return std::isalnum(static_cast<unsigned char>(c)) || c == '_';
         });
}

/// "pkg/msg/Type" and "pkg/Type" -> "pkg/Type"
std::string short_name(std::string_view name) {
  const auto first = name.find('/'), last = name.rfind('/');
  if (first == last) return std::string(name);
  return std::string(name.substr(0, first)) + std::string(name.substr(last));
}
std::string_view package_of(std::string_view name) { return name.substr(0, name.find('/')); }

[[noreturn]] void fail(std::size_t line, std::string_view text, const std::string& expected) {
  throw InputError("message definition line " + std::to_string(line) + ": found '" +
                   std::string(text.substr(0, 60)) + "', expected " + expected);
}

/// "[]", "[3]" or "[<=3]" at the end of a type; also drops the bound of "string<=22".
RawField parse_type(std::string_view type, std::size_t line) {
  RawField field;
  const std::string_view whole = type;
  if (const auto open = type.find('['); open != std::string_view::npos) {
    if (!type.ends_with("]")) fail(line, whole, "']' at the end of the type");
    std::string_view inside = type.substr(open + 1, type.size() - open - 2);
    type = type.substr(0, open);
    field.array = RosField::Array::kSequence;
    if (!inside.empty() && !inside.starts_with("<=")) {
      field.array = RosField::Array::kFixed;
      const auto [end, error] =
          std::from_chars(inside.data(), inside.data() + inside.size(), field.length);
      if (error != std::errc() || end != inside.data() + inside.size() ||
          field.length > kMaxFixedArray)
        fail(line, whole, "an array length");
    }
  }
  field.type = std::string(type.substr(0, type.find("<=")));
  return field;
}

std::optional<RawField> parse_line(std::string_view line, std::size_t number) {
  // A '#' inside a quoted default value would be cut here too: defaults are not used.
  std::string_view text = trim(line.substr(0, line.find('#')));
  if (text.empty()) return std::nullopt;
  const auto space = text.find_first_of(" \t");
  if (space == std::string_view::npos) fail(number, text, "a type and a name");
  RawField field = parse_type(text.substr(0, space), number);
  std::string_view rest = trim(text.substr(space));
  const auto end = rest.find_first_of(" \t=");
  const std::string_view name = rest.substr(0, end);
  if (!is_identifier(name)) fail(number, text, "a field name");
  if (end != std::string_view::npos && trim(rest.substr(end)).starts_with("="))
    return std::nullopt;  // a constant
  field.name = std::string(name);
  return field;
}

bool is_separator(std::string_view line) {
  return line.size() >= 3 && line.find_first_not_of('=') == std::string_view::npos;
}

struct Sections {
  std::vector<RawStruct> structs;
  std::size_t response = 0;  ///< index of a service's response, 0 when there is none
};

Sections parse_sections(std::string_view text, const std::string& name) {
  Sections sections;
  sections.structs.push_back({short_name(name), {}});
  std::size_t number = 0;
  bool expect_name = false;
  while (!text.empty()) {
    const auto newline = std::min(text.find('\n'), text.size());
    const std::string_view line = trim(text.substr(0, newline));
    text = text.substr(std::min(newline + 1, text.size()));
    ++number;
    if (is_separator(line)) {
      expect_name = true;
    } else if (expect_name && !line.empty()) {
      if (!line.starts_with("MSG:")) fail(number, line, "'MSG: package/Type' after the separator");
      sections.structs.push_back({short_name(trim(line.substr(4))), {}});
      expect_name = false;
    } else if (line == "---" && sections.structs.size() == 1) {
      sections.response = 1;
      sections.structs.push_back({short_name(name) + "_Response", {}});
    } else if (auto field = parse_line(line, number)) {
      sections.structs.back().fields.push_back(std::move(*field));
    }
    if (sections.structs.size() > kMaxStructs) fail(number, line, "at most 4096 types");
  }
  return sections;
}

/// ROS 2 records a service as pkg/srv/Name_Event whose text is request --- response; on the wire it
/// is service_msgs/ServiceEventInfo, Request[<=1], Response[<=1].
std::size_t add_service_event(std::vector<RawStruct>& structs) {
  using Array = RosField::Array;
  structs[0].name += "_Request";
  structs.push_back({"service_msgs/ServiceEventInfo",
                     {{"uint8", "event_type", Array::kNone, 0},
                      {"builtin_interfaces/Time", "stamp", Array::kNone, 0},
                      {"char", "client_gid", Array::kFixed, 16},
                      {"int64", "sequence_number", Array::kNone, 0}}});
  structs.push_back({structs[0].name + "_Event",
                     {{"service_msgs/ServiceEventInfo", "info", Array::kNone, 0},
                      {structs[0].name, "request", Array::kSequence, 0},
                      {structs[1].name, "response", Array::kSequence, 0}}});
  return structs.size() - 1;
}

}  // namespace

RosSchema parse_ros_msg(std::string_view text, const std::string& name, RosDialect dialect) {
  Sections sections = parse_sections(text, name);
  std::vector<RawStruct>& structs = sections.structs;
  const std::size_t root = sections.response ? add_service_event(structs) : 0;
  const auto resolve = [&](const std::string& type, const RawStruct& owner, Prim* prim) -> int {
    if (const auto found = primitive(type, dialect)) {
      *prim = *found;
      return -1;
    }
    if (type == "wstring")
      throw InputError("field of type wstring in '" + owner.name +
                       "': DDS vendors disagree on its encoding, so such messages are not read");
    std::string full = type == "Header" ? "std_msgs/Header" : short_name(type);
    if (full.find('/') == std::string::npos)
      full = std::string(package_of(owner.name)) + "/" + full;
    if (full == "builtin_interfaces/Time" || full == "builtin_interfaces/Duration") {
      *prim = full.ends_with("Time") ? Prim::kTime : Prim::kDuration;
      return -1;
    }
    // Some writers leave the package out of "MSG:" or spell another one: fall back to the bare
    // name.
    int by_name = -1, candidates = 0;
    for (std::size_t i = 0; i < structs.size(); ++i) {
      if (structs[i].name == full && i != root) return static_cast<int>(i);
      const std::string_view bare =
          std::string_view(structs[i].name).substr(structs[i].name.rfind('/') + 1);
      if (bare == std::string_view(full).substr(full.rfind('/') + 1) && i != root) {
        by_name = static_cast<int>(i);
        ++candidates;
      }
    }
    if (candidates == 1) return by_name;
    throw InputError("type '" + type + "' in '" + owner.name +
                     "' is neither a primitive nor defined in the schema");
  };
  return link_structs(structs, root, dialect, resolve);
}

}  // namespace reelcell::readers::mcap
