#include "internal/episode_stats.hpp"

#include <algorithm>

namespace reelcell::writers::lerobot {

namespace {
Json list_of_numbers(const std::vector<double>& values, bool picture, bool integer) {
  Json list = Json::array();
  for (const double value : values) {
    const Json number = integer ? Json(static_cast<std::int64_t>(value)) : Json(value);
    list.push_back(picture ? Json::array({Json::array({number})}) : number);
  }
  return list;
}
}  // namespace

Json stats_json(const stats::FeatureStats& stats, bool picture) {
  const bool integer = stats.integer && !picture;
  Json json = Json::object();
  json["min"] = list_of_numbers(stats.min, picture, integer);
  json["max"] = list_of_numbers(stats.max, picture, integer);
  json["mean"] = list_of_numbers(stats.mean, picture, false);
  json["std"] = list_of_numbers(stats.std, picture, false);
  json["count"] = Json::array({stats.count});
  json["q01"] = list_of_numbers(stats.q01, picture, false);
  json["q10"] = list_of_numbers(stats.q10, picture, false);
  json["q50"] = list_of_numbers(stats.q50, picture, false);
  json["q90"] = list_of_numbers(stats.q90, picture, false);
  json["q99"] = list_of_numbers(stats.q99, picture, false);
  return json;
}

StatsCollector::StatsCollector(const std::vector<FeatureSpec>& data,
                               const std::vector<FeatureSpec>& videos)
    : videos_(videos) {
  constexpr std::uint64_t kMemory = 256ull << 20;
  constexpr std::uint64_t kLeast = 1ull << 20;
  const std::uint64_t share = std::max(kLeast, kMemory / std::max<std::size_t>(data.size(), 1));
  for (const FeatureSpec& spec : data) {
    Feature feature;
    feature.spec = spec;
    if (spec.dtype != DType::kString) feature.all.emplace(spec, share);
    features_.push_back(std::move(feature));
  }
}

void StatsCollector::IntegerRange::add(const Column& column) {
  const auto* values = std::get_if<std::vector<std::int64_t>>(&column.data);
  if (!values || values->empty()) return;
  const std::size_t width = column.spec.width;
  if (min.empty()) {
    min.assign(values->begin(), values->begin() + static_cast<std::ptrdiff_t>(width));
    max = min;
  }
  for (std::size_t i = 0; i < values->size(); ++i) {
    min[i % width] = std::min(min[i % width], (*values)[i]);
    max[i % width] = std::max(max[i % width], (*values)[i]);
  }
}

void StatsCollector::put_range(Json& figures, const IntegerRange& range) {
  if (range.min.empty()) return;
  figures["min"] = range.min;
  figures["max"] = range.max;
}

Json StatsCollector::add(const std::vector<Column>& columns, const Episode& episode) {
  Json figures = Json::object();
  for (std::size_t i = 0; i < features_.size(); ++i) {
    Feature& feature = features_[i];
    if (!feature.all) continue;
    stats::FeatureAccumulator own(feature.spec);
    own.add(columns[i]);
    feature.all->add(columns[i]);
    feature.range.add(columns[i]);
    IntegerRange range;
    range.add(columns[i]);
    Json entry = stats_json(own.finish(), false);
    put_range(entry, range);
    figures[feature.spec.name] = std::move(entry);
  }
  for (const FeatureSpec& spec : videos_) {
    const auto found = episode.video_stats.find(spec.name);
    if (found == episode.video_stats.end()) {
      without_pixels_.push_back(spec.name);
      continue;
    }
    const stats::ChannelAccumulator own = stats::ChannelAccumulator::from_json(*found);
    pixels_[spec.name].merge(own);
    figures[spec.name] = stats_json(own.finish(), true);
  }
  return figures;
}

Json StatsCollector::total() const {
  Json figures = Json::object();
  for (const Feature& feature : features_) {
    if (!feature.all) continue;
    Json entry = stats_json(feature.all->finish(), false);
    put_range(entry, feature.range);
    figures[feature.spec.name] = std::move(entry);
  }
  for (const FeatureSpec& spec : videos_) {
    const auto found = pixels_.find(spec.name);
    if (found != pixels_.end()) figures[spec.name] = stats_json(found->second.finish(), true);
  }
  return figures;
}

}  // namespace reelcell::writers::lerobot
