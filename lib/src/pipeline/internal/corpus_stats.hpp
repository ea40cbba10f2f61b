// What the manifest and the data card say of a corpus's values, gathered episode by episode.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "reelcell/model/corpus.hpp"
#include "reelcell/stats/stats.hpp"

namespace reelcell::pipeline {

/// Statistics of every feature over all episodes, of the values as files hold them. Memory:
/// that of stats::shared_room(), the rest in an unlinked file.
class CorpusStatistics {
 public:
  explicit CorpusStatistics(const CorpusSchema& schema);
  void add(const Episode& episode);
  /// Columns alone; the pictures of such episodes come by add_pictures().
  void add_columns(const Episode& episode);
  /// Histograms over all pictures by feature, as text; exact figures of a corpus that grows need
  /// no picture twice.
  Json pictures() const;
  void add_pictures(const Json& pictures);  ///< as pictures() gave them; throws InputError
  /// By feature: min, max, mean, std, q01 .. q99 an element, count of rows (frames), and missing
  /// values where there are any. Pictures: three channels in [0, 1].
  Json json() const;

 private:
  struct Feature {
    FeatureSpec spec;
    std::optional<stats::FeatureAccumulator> values;  ///< not for text
  };
  std::vector<Feature> features_;  ///< without video, in column order
  std::map<std::string, stats::ChannelAccumulator> pictures_;
};

/// Values of one label over all episodes. Memory is bounded: past kValues different ones only their
/// range is kept.
class LabelSummary {
 public:
  void add(const Value& value);
  /// Rows "| name | value | unit | episodes |" of the data card.
  std::string rows(const std::string& name, const std::string& unit) const;
  Json json() const;

 private:
  static constexpr std::size_t kValues = 12;
  bool as_range() const { return numbers_ > 0 && (fractional_ || many_); }
  std::map<std::string, std::uint64_t> counts_;
  bool many_ = false, fractional_ = false;
  std::uint64_t numbers_ = 0, unknown_ = 0, others_ = 0;
  double low_ = 0, high_ = 0, mean_ = 0;
};

/// Sessions may measure in different units; then a label's values are, too, and all are named:
/// "N / kN". "-" is a unit that is not known; `known` may be empty or have several already.
void join_unit(std::string& known, const std::string& unit);

}  // namespace reelcell::pipeline
