// Statistics of each episode and of the whole set, taken from the values as they are written.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "reelcell/model/episode.hpp"
#include "reelcell/stats/stats.hpp"

namespace reelcell::writers::lerobot {

/// {"min": [..], "max": [..], "mean": [..], "std": [..], "count": [n], "q01": [..], ..}; pictures
/// nest (3, 1, 1).
Json stats_json(const stats::FeatureStats& stats, bool picture);

/// Figures of the set come from one pass over all values, never from merging the episodes' figures:
/// means of quantiles are no quantiles. A picture feature whose episodes came as figures
/// ("figures" instead of "histogram" in Episode::video_stats: a set that others made, edited
/// without decoding) has its exact minimum, maximum, mean and deviation merged and no quantiles.
/// Memory: that of stats::shared_room(), the rest goes to disk.
class StatsCollector {
 public:
  StatsCollector(const std::vector<FeatureSpec>& data, const std::vector<FeatureSpec>& videos);
  /// Adds an episode's rows (as FeatureLayout::rows made them) and gives the episode's own figures
  /// by feature.
  Json add(const std::vector<Column>& columns, const Episode& episode);
  /// Figures of everything added, by feature, in column order, then video.
  Json total() const;
  /// Video features that an episode came without pixel statistics for.
  const std::vector<std::string>& without_pixels() const { return without_pixels_; }

 private:
  /// A set's moments from its episodes' figures.
  struct Moments {
    std::vector<double> min, max, mean, variance;
    double frames = 0;
    void add(const Json& figures);
    Json json() const;
  };
  Json picture_total(const std::string& feature) const;

  struct Feature {
    FeatureSpec spec;
    std::optional<stats::FeatureAccumulator> all;
  };

  std::vector<Feature> features_;
  std::vector<FeatureSpec> videos_;
  std::map<std::string, stats::ChannelAccumulator> pixels_;
  std::map<std::string, Moments> moments_;
  std::vector<std::string> without_pixels_;
};

}  // namespace reelcell::writers::lerobot
