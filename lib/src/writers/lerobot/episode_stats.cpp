#include "internal/episode_stats.hpp"

#include <algorithm>

namespace reelcell::writers::lerobot {

namespace {
template <class Number>
Json list_of(const std::vector<Number>& values, bool picture) {
  Json list = Json::array();
  for (const Number value : values)
    list.push_back(picture ? Json::array({Json::array({value})}) : Json(value));
  return list;
}
}  // namespace

Json stats_json(const stats::FeatureStats& stats, bool picture) {
  Json json = Json::object();
  // Nanoseconds since 1970 do not fit into a double: integer borders stay integers.
  const bool integer = stats.integer && !picture;
  json["min"] = integer ? list_of(stats.integer_min, false) : list_of(stats.min, picture);
  json["max"] = integer ? list_of(stats.integer_max, false) : list_of(stats.max, picture);
  json["mean"] = list_of(stats.mean, picture);
  json["std"] = list_of(stats.std, picture);
  json["count"] = Json::array({stats.count});
  json["q01"] = list_of(stats.q01, picture);
  json["q10"] = list_of(stats.q10, picture);
  json["q50"] = list_of(stats.q50, picture);
  json["q90"] = list_of(stats.q90, picture);
  json["q99"] = list_of(stats.q99, picture);
  return json;
}

StatsCollector::StatsCollector(const std::vector<FeatureSpec>& data,
                               const std::vector<FeatureSpec>& videos)
    : videos_(videos) {
  constexpr std::uint64_t kMemory = 64ull << 20;
  constexpr std::uint64_t kLeast = 1ull << 20;
  const std::uint64_t share = std::max(kLeast, kMemory / std::max<std::size_t>(data.size(), 1));
  for (const FeatureSpec& spec : data) {
    Feature feature;
    feature.spec = spec;
    if (spec.dtype != DType::kString) feature.all.emplace(spec, share);
    features_.push_back(std::move(feature));
  }
}

Json StatsCollector::add(const std::vector<Column>& columns, const Episode& episode) {
  Json figures = Json::object();
  for (std::size_t i = 0; i < features_.size(); ++i) {
    Feature& feature = features_[i];
    if (!feature.all) continue;
    stats::FeatureAccumulator own(feature.spec);
    own.add(columns[i]);
    feature.all->add(columns[i]);
    figures[feature.spec.name] = stats_json(own.finish(), false);
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
    figures[feature.spec.name] = stats_json(feature.all->finish(), false);
  }
  for (const FeatureSpec& spec : videos_) {
    const auto found = pixels_.find(spec.name);
    if (found != pixels_.end()) figures[spec.name] = stats_json(found->second.finish(), true);
  }
  return figures;
}

}  // namespace reelcell::writers::lerobot
