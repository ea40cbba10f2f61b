#include "internal/corpus_stats.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace reelcell::pipeline {
namespace {

/// float32 features are float32 in every format's files.
Column as_stored(const Column& column, DType dtype) {
  Column stored = column;
  if (dtype == DType::kFloat32)
    if (auto* values = std::get_if<std::vector<double>>(&stored.data))
      for (double& value : *values) value = static_cast<double>(static_cast<float>(value));
  return stored;
}

Json figures(const stats::FeatureStats& stats) {
  Json json = Json::object();
  json["min"] = stats.integer ? Json(stats.integer_min) : Json(stats.min);
  json["max"] = stats.integer ? Json(stats.integer_max) : Json(stats.max);
  json["mean"] = stats.mean;
  json["std"] = stats.std;
  json["q01"] = stats.q01;
  json["q10"] = stats.q10;
  json["q50"] = stats.q50;
  json["q90"] = stats.q90;
  json["q99"] = stats.q99;
  json["count"] = stats.count;
  if (std::any_of(stats.missing.begin(), stats.missing.end(), [](auto n) { return n > 0; }))
    json["missing"] = stats.missing;
  return json;
}

}  // namespace

CorpusStatistics::CorpusStatistics(const CorpusSchema& schema) {
  const std::shared_ptr<stats::ValueRoom> room = stats::shared_room();
  for (const FeatureSpec& spec : schema.features) {
    if (spec.is_video) continue;
    Feature feature{spec, std::nullopt};
    if (spec.dtype != DType::kString) feature.values.emplace(spec, room);
    features_.push_back(std::move(feature));
  }
}

void CorpusStatistics::add_columns(const Episode& episode) {
  for (std::size_t i = 0; i < features_.size() && i < episode.columns.size(); ++i)
    if (features_[i].values)
      features_[i].values->add(as_stored(episode.columns[i], features_[i].spec.dtype));
}

void CorpusStatistics::add(const Episode& episode) {
  add_columns(episode);
  for (const auto& [feature, pixels] : episode.video_stats.items())
    if (pixels.contains("histogram"))
      pictures_[feature].merge(stats::ChannelAccumulator::from_json(pixels));
}

Json CorpusStatistics::pictures() const {
  Json json = Json::object();
  for (const auto& [feature, pixels] : pictures_) json[feature] = pixels.to_json().dump();
  return json;
}

void CorpusStatistics::add_pictures(const Json& pictures) {
  for (const auto& [feature, text] : pictures.items())
    pictures_[feature].merge(stats::ChannelAccumulator::from_json(parse_json(
        text.is_string() ? text.get<std::string>() : "", "corpus.json: /statistics/pictures")));
}

Json CorpusStatistics::json() const {
  Json json = Json::object();
  for (const Feature& feature : features_)
    if (feature.values) json[feature.spec.name] = figures(feature.values->finish());
  for (const auto& [name, pixels] : pictures_) json[name] = figures(pixels.finish());
  return json;
}

void LabelSummary::add(const Value& value) {
  if (std::holds_alternative<std::monostate>(value)) {
    ++unknown_;
    return;
  }
  const auto* number = std::get_if<double>(&value);
  const auto* whole = std::get_if<std::int64_t>(&value);
  if (number || whole) {
    const double x = number ? *number : static_cast<double>(*whole);
    fractional_ = fractional_ || number;
    low_ = numbers_ ? std::min(low_, x) : x;
    high_ = numbers_ ? std::max(high_, x) : x;
    ++numbers_;
    mean_ += (x - mean_) / static_cast<double>(numbers_);
  }
  const std::string text = to_text(value);
  const auto found = counts_.find(text);
  if (found != counts_.end()) {
    ++found->second;
  } else if (counts_.size() < kValues) {
    counts_[text] = 1;
  } else {
    many_ = true;
    ++others_;
  }
}

std::string LabelSummary::rows(const std::string& name, const std::string& unit) const {
  std::string text;
  const auto row = [&](const std::string& value, std::uint64_t episodes) {
    text += "| " + name + " | " + value + " | " + unit + " | " + std::to_string(episodes) + " |\n";
  };
  if (as_range()) {
    row(fmt::format("{:.6g} to {:.6g}, mean {:.6g}", low_, high_, mean_), numbers_);
  } else {
    for (const auto& [value, count] : counts_) row(value, count);
    if (others_ > 0) row("other values", others_);
  }
  if (unknown_ > 0) row("unknown", unknown_);
  return text;
}

Json LabelSummary::json() const {
  Json json = Json::object();
  if (as_range()) {
    json = {{"min", low_}, {"max", high_}, {"mean", mean_}, {"count", numbers_}};
  } else {
    json["values"] = counts_;
    if (others_ > 0) json["others"] = others_;
  }
  if (unknown_ > 0) json["unknown"] = unknown_;
  return json;
}

void join_unit(std::string& known, const std::string& unit) {
  static constexpr std::string_view kBetween = " / ";
  std::size_t start = 0;
  while (start <= unit.size()) {
    const std::size_t end = std::min(unit.find(kBetween, start), unit.size());
    const std::string one = unit.substr(start, end - start);
    if (known.empty())
      known = one;
    else if ((" / " + known + " / ").find(" / " + one + " / ") == std::string::npos)
      known += " / " + one;
    start = end + kBetween.size();
  }
}

}  // namespace reelcell::pipeline
