#include "internal/features.hpp"

#include <algorithm>
#include <charconv>

#include "internal/encoding.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/media/coding.hpp"

namespace reelcell::pipeline {
namespace {

const std::vector<std::string>& reserved_names() {
  static const std::vector<std::string> names = {"timestamp", "frame_index", "episode_index",
                                                 "index", "task_index"};
  return names;
}
bool is_reserved(const std::string& name) {
  const auto& names = reserved_names();
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::vector<std::string> all_columns(const SessionDescription& session) {
  std::vector<std::string> names;
  for (const StreamSpec& stream : session.streams)
    for (const ColumnSpec& column : stream.columns)
      names.push_back(stream.name + "." + column.name);
  return names;
}

/// "stream.column" or "stream.column[2]"; stream names may hold dots and slashes, so the longest
/// stream name wins.
ColumnRef resolve_column(const std::string& text, const SessionDescription& session,
                         const std::string& where) {
  const StreamSpec* stream = nullptr;
  for (const StreamSpec& candidate : session.streams)
    if (candidate.kind == StreamKind::kSeries && text.starts_with(candidate.name + ".") &&
        (!stream || candidate.name.size() > stream->name.size()))
      stream = &candidate;
  if (stream) {
    const std::string rest = text.substr(stream->name.size() + 1);
    const auto find = [&](const std::string& name) -> std::optional<std::size_t> {
      for (std::size_t c = 0; c < stream->columns.size(); ++c)
        if (stream->columns[c].name == name) return c;
      return std::nullopt;
    };
    if (const auto column = find(rest)) return {stream->name, *column, std::nullopt};
    const auto bracket = rest.rfind('[');
    if (bracket != std::string::npos && rest.ends_with("]")) {
      std::size_t element = 0;
      const auto [end, error] =
          std::from_chars(rest.data() + bracket + 1, rest.data() + rest.size() - 1, element);
      const auto column = find(rest.substr(0, bracket));
      if (column && error == std::errc() && end == rest.data() + rest.size() - 1) {
        if (element < stream->columns[*column].width) return {stream->name, *column, element};
        throw InputError(where, "'" + text + "' asks for element " + std::to_string(element) +
                                    ", the column has " +
                                    std::to_string(stream->columns[*column].width));
      }
    }
  }
  throw InputError(where, unknown_name("column", text, all_columns(session)));
}

std::string element_name(const ColumnSpec& column, std::size_t element) {
  if (element < column.element_names.size()) return column.element_names[element];
  return column.width == 1 ? column.name : column.name + "[" + std::to_string(element) + "]";
}

DType common_dtype(DType a, DType b) { return a == b ? a : DType::kFloat64; }

/// Of a whole column: the stretches that its source has names for, "frames.action#left_arm", and
/// what they are stretches of; else the column itself.
void add_names(FeatureSpec& spec, const ColumnRef& part, const ColumnSpec& column,
               const OpenSession& session) {
  const std::string name = part.stream + "." + column.name;
  const Json& details = session.info(part.stream).details;
  const Json groups = part.element ? Json() : details.value("groups", Json::object());
  const auto found = groups.find(column.name);
  if (found == groups.end()) {
    spec.parts.emplace_back(name, part.element ? 1 : column.width);
    return;
  }
  std::size_t width = 0;
  std::vector<std::pair<std::string, std::size_t>> parts;
  for (const auto& [group, own] :
       found->at("widths").get<std::vector<std::pair<std::string, std::size_t>>>()) {
    parts.emplace_back(name + "#" + group, own);
    width += own;
  }
  // Elements that no group names would shift those of a column after it.
  if (width != column.width) parts = {{name, column.width}};
  if (width == column.width && spec.modality.empty() && spec.name == column.name)
    spec.modality = found->at("section").get<std::string>();
  spec.parts.insert(spec.parts.end(), parts.begin(), parts.end());
}

void add_part(ResolvedFeature& feature, const ColumnRef& part, const OpenSession& session,
              bool first) {
  const ColumnSpec& column = session.session().stream(part.stream)->columns[part.column];
  const std::size_t width = part.element ? 1 : column.width;
  FeatureSpec& spec = feature.spec;
  if (first) spec.dtype = column.dtype;
  const bool text = column.dtype == DType::kString;
  if (!first && text != (spec.dtype == DType::kString))
    throw InputError("feature '" + spec.name + "'",
                     "mixes text and numbers; make two features of it");
  if (!first) spec.dtype = common_dtype(spec.dtype, column.dtype);
  spec.shape[0] += static_cast<std::int64_t>(width);
  for (std::size_t i = 0; i < width; ++i)
    spec.names.push_back(element_name(column, part.element.value_or(i)));
  add_names(spec, part, column, session);
  feature.parts.push_back(part);
}

/// One unit where all elements have the same, else that of each: "N, N, N, N*m, N*m, N*m", with "-"
/// for one that is not stated.
std::string joined_unit(const std::vector<ColumnRef>& parts, const SessionDescription& session) {
  std::string each;
  std::optional<std::string> common;
  bool same = true;
  for (const ColumnRef& part : parts) {
    const ColumnSpec& column = session.stream(part.stream)->columns[part.column];
    same = same && (!common || *common == column.unit);
    common = column.unit;
    for (std::size_t i = 0; i < (part.element ? 1 : column.width); ++i)
      each += (each.empty() ? "" : ", ") + (column.unit.empty() ? std::string("-") : column.unit);
  }
  return same ? common.value_or("") : each;
}

ResolvedFeature series_feature(const std::string& name, const std::vector<ColumnRef>& parts,
                               const OpenSession& session) {
  ResolvedFeature feature;
  feature.spec.name = name;
  feature.spec.shape = {0};
  for (std::size_t i = 0; i < parts.size(); ++i) add_part(feature, parts[i], session, i == 0);
  feature.spec.unit = joined_unit(parts, session.session());
  return feature;
}

ResolvedFeature video_feature(const std::string& name, const std::string& stream,
                              const OpenSession& session, const Recipe& recipe) {
  ResolvedFeature feature;
  feature.spec.name = name;
  feature.spec.is_video = true;
  feature.spec.modality = "video";
  feature.spec.names = {"height", "width", "channels"};
  const VideoFormat& format = session.video(stream)->format();
  feature.spec.shape =
      video_shape(format, encode_options(recipe, nullptr, format), recipe.always_encode);
  feature.video = stream;
  return feature;
}

std::string default_modality(const std::string& name) {
  if (name == "action" || name.starts_with("action.")) return "action";
  if (name.starts_with("observation.state")) return "state";
  return "";
}

/// What the recorder noted of each message. The clock is made of one of the times, and the rows'
/// true times say the rest. A message's own field of that name keeps it: the recorder's column is
/// "mcap.sequence" then.
bool is_of_recorder(const StreamSpec& stream, const std::string& column) {
  if (stream.source.format != "mcap") return false;
  const std::string own = column.starts_with("mcap.") ? column.substr(5) : column;
  if (own != "log_time" && own != "publish_time" && own != "sequence") return false;
  return column != own ||
         std::none_of(stream.columns.begin(), stream.columns.end(),
                      [&](const ColumnSpec& c) { return c.name == "mcap." + own; });
}

std::vector<ResolvedFeature> every_feature(const Recipe& recipe, const OpenSession& session) {
  std::vector<ResolvedFeature> features;
  for (const StreamSpec& stream : session.session().streams) {
    const bool data_set = stream.source.format == "lerobot";
    if (stream.kind == StreamKind::kVideo && !session.stream_extent(stream.name).empty())
      features.push_back(
          video_feature(data_set ? stream.source.item : "observation.images." + stream.name,
                        stream.name, session, recipe));
    if (stream.kind != StreamKind::kSeries) continue;
    for (std::size_t c = 0; c < stream.columns.size(); ++c) {
      const std::string& name = stream.columns[c].name;
      if (data_set && (is_reserved(name) || name.starts_with("reelcell."))) continue;
      if (!data_set && stream.columns[c].dtype == DType::kString) {
        session.losses().note("text-left-out",
                              session.session().id + ": " + stream.name + "." + name,
                              "is text, which rows do not hold unless a feature of the recipe "
                              "names it");
        continue;
      }
      if (is_of_recorder(stream, name)) continue;
      features.push_back(series_feature(data_set ? name : "observation." + stream.name + "." + name,
                                        {{stream.name, c, std::nullopt}}, session));
    }
  }
  return features;
}

void set_dtype(FeatureSpec& spec, const FeatureRule& rule, const std::string& where) {
  if (!rule.dtype) return;
  const bool text = spec.dtype == DType::kString;
  if (text != (*rule.dtype == DType::kString))
    throw InputError(where, "feature '" + spec.name + "' is made of " +
                                (text ? "text" : "numbers") + ", its dtype cannot be " +
                                std::string(to_string(*rule.dtype)) +
                                (text ? "; leave \"dtype\" out" : ""));
  spec.dtype = *rule.dtype;
}

}  // namespace

std::vector<std::int64_t> video_shape(const VideoFormat& format, const media::EncodeOptions& encode,
                                      bool always_encode) {
  const bool turned = format.rotation == 90 || format.rotation == 270;
  std::int64_t width = turned ? format.height : format.width;
  std::int64_t height = turned ? format.width : format.height;
  // A recipe that sets a size means it for every clip, so nothing can be copied at another one.
  if (always_encode || encode.width > 0 || encode.height > 0 || !media::can_copy(format)) {
    const media::ClipSize size =
        media::coded_size(encode, {static_cast<int>(width), static_cast<int>(height)});
    width = size.width;
    height = size.height;
  }
  return {height, width, 3};
}

std::vector<ResolvedFeature> resolve_features(const Recipe& recipe, const OpenSession& session) {
  std::vector<ResolvedFeature> features;
  if (recipe.features.empty()) features = every_feature(recipe, session);
  for (std::size_t i = 0; i < recipe.features.size(); ++i) {
    const FeatureRule& rule = recipe.features[i];
    const std::string where = recipe.where + ": /features/" + std::to_string(i);
    if (is_reserved(rule.name))
      throw InputError(where, "'" + rule.name +
                                  "' is a column that LeRobot defines itself; choose another name");
    if (!rule.video.empty()) {
      features.push_back(
          at_place(where, [&] { return video_feature(rule.name, rule.video, session, recipe); }));
    } else {
      std::vector<ColumnRef> parts;
      for (const std::string& text : rule.from)
        parts.push_back(resolve_column(text, session.session(), where));
      features.push_back(series_feature(rule.name, parts, session));
      set_dtype(features.back().spec, rule, where);
    }
    features.back().spec.modality =
        rule.modality.empty() ? features.back().spec.modality : rule.modality;
  }
  for (ResolvedFeature& feature : features)
    if (feature.spec.modality.empty()) feature.spec.modality = default_modality(feature.spec.name);
  return features;
}

std::string feature_difference(const std::vector<FeatureSpec>& expected,
                               const std::vector<FeatureSpec>& found) {
  const auto shape_text = [](const FeatureSpec& spec) {
    std::string text = spec.is_video ? "video" : std::string(to_string(spec.dtype));
    for (const auto n : spec.shape) text += " x " + std::to_string(n);
    return text;
  };
  for (std::size_t i = 0; i < std::max(expected.size(), found.size()); ++i) {
    if (i >= found.size()) return "feature '" + expected[i].name + "' is missing";
    if (i >= expected.size()) return "feature '" + found[i].name + "' is not in the other sessions";
    const FeatureSpec &a = expected[i], &b = found[i];
    if (a.name != b.name) return "feature '" + b.name + "' found, '" + a.name + "' expected";
    if (a.shape != b.shape || a.dtype != b.dtype || a.is_video != b.is_video)
      return "feature '" + a.name + "' is " + shape_text(b) + ", the other sessions have " +
             shape_text(a);
  }
  return "";
}

}  // namespace reelcell::pipeline
