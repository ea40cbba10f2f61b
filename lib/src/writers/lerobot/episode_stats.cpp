#include "internal/episode_stats.hpp"

#include <algorithm>
#include <cmath>

#include "reelcell/stats/figures.hpp"

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
  const std::shared_ptr<stats::ValueRoom> room = stats::shared_room();
  for (const FeatureSpec& spec : data) {
    Feature feature;
    feature.spec = spec;
    if (spec.dtype != DType::kString) feature.all.emplace(spec, room);
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
    if (found->contains("figures")) {
      moments_[spec.name].add(found->at("figures"));
      figures[spec.name] = found->at("figures");
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
    Json own = picture_total(spec.name);
    if (!own.is_null()) figures[spec.name] = std::move(own);
  }
  return figures;
}

Json StatsCollector::picture_total(const std::string& feature) const {
  const auto exact = pixels_.find(feature);
  const auto merged = moments_.find(feature);
  if (merged == moments_.end())
    return exact == pixels_.end() ? Json() : stats_json(exact->second.finish(), true);
  Moments all = merged->second;
  if (exact != pixels_.end()) all.add(stats_json(exact->second.finish(), true));
  return all.json();
}

namespace {
std::vector<double> channels(const Json& figures, const char* name) {
  std::vector<double> values = stats::numbers_in(figures.at(name));
  values.resize(3);
  return values;
}
}  // namespace

void StatsCollector::Moments::add(const Json& figures) {
  const auto low = channels(figures, "min"), high = channels(figures, "max");
  const auto middle = channels(figures, "mean"), spread = channels(figures, "std");
  const double weight = channels(figures, "count")[0];
  if (!(weight > 0)) return;
  if (frames == 0) {
    min = low;
    max = high;
    mean.assign(3, 0);
    variance.assign(3, 0);
  }
  const double total = frames + weight;
  for (std::size_t c = 0; c < 3; ++c) {
    min[c] = std::min(min[c], low[c]);
    max[c] = std::max(max[c], high[c]);
    const double step = middle[c] - mean[c];
    // Variances around each one's own mean, and that of the means.
    variance[c] = (frames * variance[c] + weight * spread[c] * spread[c] +
                   step * step * frames * weight / total) /
                  total;
    mean[c] += step * weight / total;
  }
  frames = total;
}

Json StatsCollector::Moments::json() const {
  if (frames == 0) return {};
  std::vector<double> deviation;
  for (const double v : variance) deviation.push_back(std::sqrt(v));
  return {{"min", list_of(min, true)},
          {"max", list_of(max, true)},
          {"mean", list_of(mean, true)},
          {"std", list_of(deviation, true)},
          {"count", Json::array({static_cast<std::uint64_t>(frames)})}};
}

}  // namespace reelcell::writers::lerobot
