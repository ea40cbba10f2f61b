#include "reelcell/pipeline/diff.hpp"

#include <algorithm>
#include <bit>
#include <set>

#include "edit/stored.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/base/ordered_pool.hpp"

namespace reelcell::pipeline {
namespace {

using edit::LoadedEpisode;
using edit::SampleDetails;
using edit::StoredCorpus;
using edit::StoredSample;

/// NaNs are equal to NaNs of the same bits.
bool same_data(const ColumnData& a, const ColumnData& b) {
  const auto* left = std::get_if<std::vector<double>>(&a);
  const auto* right = std::get_if<std::vector<double>>(&b);
  if (!left || !right) return a == b;
  return std::equal(left->begin(), left->end(), right->begin(), right->end(),
                    [](double x, double y) {
                      return std::bit_cast<std::uint64_t>(x) == std::bit_cast<std::uint64_t>(y);
                    });
}

std::string column_difference(const Column& a, const Column& b) {
  if (a.rows() != b.rows() || a.spec.width != b.spec.width) return "has another shape";
  if (a.data.index() != b.data.index()) return "has another type";
  if (same_data(a.data, b.data)) return "";
  std::size_t rows = 0;
  for (std::size_t row = 0; row < a.rows(); ++row) {
    Column left{a.spec, empty_data(a.spec.dtype)}, right{a.spec, empty_data(a.spec.dtype)};
    left.append_rows(a, row, 1);
    right.append_rows(b, row, 1);
    rows += !same_data(left.data, right.data);
  }
  return "differs in " + std::to_string(rows) + " of " + std::to_string(a.rows()) + " rows";
}

std::string clip_difference(const EpisodeClip& a, const EpisodeClip& b) {
  const auto &left = a.packets.packets, &right = b.packets.packets;
  if (left.size() != right.size())
    return "has " + std::to_string(right.size()) + " packets, had " + std::to_string(left.size());
  std::size_t differing = 0;
  for (std::size_t i = 0; i < left.size(); ++i)
    differing += *left[i].data != *right[i].data || left[i].pts != right[i].pts;
  return differing ? "differs in " + std::to_string(differing) + " of " +
                         std::to_string(left.size()) + " packets"
                   : "";
}

bool same_times(const Episode& a, const Episode& b) {
  if (a.time != b.time || a.row_times.size() != b.row_times.size()) return false;
  for (const RowTimes& times : a.row_times) {
    const auto other = std::find_if(b.row_times.begin(), b.row_times.end(),
                                    [&](const RowTimes& t) { return t.stream == times.stream; });
    if (other == b.row_times.end() || other->source != times.source ||
        other->skew_ns != times.skew_ns || other->flag != times.flag)
      return false;
  }
  return true;
}

bool same_native(const Episode& a, const Episode& b) {
  if (a.native.size() != b.native.size()) return false;
  for (const NativeSeries& series : a.native) {
    const auto other = std::find_if(b.native.begin(), b.native.end(), [&](const NativeSeries& s) {
      return s.stream == series.stream;
    });
    if (other == b.native.end() || other->samples.times != series.samples.times ||
        other->begin != series.begin || other->end != series.end ||
        other->samples.columns.size() != series.samples.columns.size())
      return false;
    for (std::size_t c = 0; c < series.samples.columns.size(); ++c)
      if (!same_data(series.samples.columns[c].data, other->samples.columns[c].data)) return false;
  }
  return true;
}

void compare_content(const Episode& a, const Episode& b, Json& changes) {
  for (const Column& column : a.columns)
    for (const Column& other : b.columns)
      if (column.spec.name == other.spec.name)
        if (const std::string what = column_difference(column, other); !what.empty())
          changes.push_back("rows: " + column.spec.name + " " + what);
  for (const EpisodeClip& clip : a.clips)
    for (const EpisodeClip& other : b.clips)
      if (clip.feature == other.feature)
        if (const std::string what = clip_difference(clip, other); !what.empty())
          changes.push_back("clip: " + clip.feature + " " + what);
  if (!same_times(a, b)) changes.push_back("times of the rows differ");
  if (!same_native(a, b)) changes.push_back("native series differ");
  std::vector<Bytes> left, right;
  for (const EpisodeStill& still : a.stills) left.push_back(still.data);
  for (const EpisodeStill& still : b.stills) right.push_back(still.data);
  if (left != right) changes.push_back("stills differ");
  if (objects_to_json(a.objects) != objects_to_json(b.objects)) changes.push_back("objects differ");
}

std::string quoted(const Json& value) { return value.is_null() ? "unknown" : value.dump(); }

void compare_labels(const Segment& a, const Segment& b, Json& changes) {
  for (const Label& label : a.labels) {
    const Label* other = b.label(label.name);
    if (!other)
      changes.push_back("label: " + label.name + " removed");
    else if (other->value != label.value)
      changes.push_back("label: " + label.name + " " + quoted(reelcell::to_json(label.value)) +
                        " -> " + quoted(reelcell::to_json(other->value)));
    else if (other->confidence != label.confidence || other->rule != label.rule ||
             other->inputs != label.inputs || other->explanation != label.explanation)
      changes.push_back("label: " + label.name + " has another rule, confidence or explanation");
  }
  for (const Label& label : b.labels)
    if (!a.label(label.name))
      changes.push_back("label: " + label.name + " added (" +
                        quoted(reelcell::to_json(label.value)) + ")");
}

void compare_entries(const StoredSample& a, const SampleDetails& left, const StoredSample& b,
                     const SampleDetails& right, Json& changes) {
  const auto text = [&](const char* what, const std::string& before, const std::string& after) {
    if (before != after)
      changes.push_back(std::string(what) + ": '" + before + "' -> '" + after + "'");
  };
  text("session", a.session, b.session);
  text("split", a.split, b.split);
  text("group", a.group, b.group);
  text("task", left.segment.task, right.segment.task);
  if (a.rows != b.rows)
    changes.push_back("rows: " + std::to_string(a.rows) + " -> " + std::to_string(b.rows));
  Json before = reelcell::to_json(left.segment), after = reelcell::to_json(right.segment);
  for (Json* segment : {&before, &after}) {
    segment->erase("labels");
    segment->erase("task");
  }
  if (before != after) changes.push_back("segment: borders or attributes differ");
  compare_labels(left.segment, right.segment, changes);
  if (left.manifest.empty() || right.manifest.empty()) return;  // a bare data set knows neither
  const auto differs = [&](const char* part) {
    return left.manifest.value(part, Json()) != right.manifest.value(part, Json());
  };
  if (differs("lineage")) changes.push_back("lineage: other sources, times or hashes");
  if (differs("clips")) changes.push_back("clips: copied or encoded otherwise, or another size");
}

Json feature_changes(const CorpusSchema& a, const CorpusSchema& b) {
  const auto describe = [](const FeatureSpec& spec) {
    return Json{{"dtype", spec.is_video ? "video" : std::string(to_string(spec.dtype))},
                {"shape", spec.shape},
                {"names", spec.names},
                {"unit", spec.unit}};
  };
  Json changes = {
      {"added", Json::array()}, {"removed", Json::array()}, {"changed", Json::object()}};
  const auto find = [](const CorpusSchema& schema, const std::string& name) -> const FeatureSpec* {
    for (const FeatureSpec& spec : schema.features)
      if (spec.name == name) return &spec;
    return nullptr;
  };
  for (const FeatureSpec& spec : a.features) {
    const FeatureSpec* other = find(b, spec.name);
    if (!other)
      changes["removed"].push_back(spec.name);
    else if (describe(spec) != describe(*other))
      changes["changed"][spec.name] = {{"before", describe(spec)}, {"after", describe(*other)}};
  }
  for (const FeatureSpec& spec : b.features)
    if (!find(a, spec.name)) changes["added"].push_back(spec.name);
  return changes;
}

/// JSON pointers of what differs.
void document_changes(const Json& a, const Json& b, const std::string& at, Json& changes) {
  if (a == b) return;
  if (a.is_object() && b.is_object()) {
    for (const auto& [name, value] : a.items())
      document_changes(value, b.contains(name) ? b[name] : Json(), at + "/" + name, changes);
    for (const auto& [name, value] : b.items())
      if (!a.contains(name)) document_changes(Json(), value, at + "/" + name, changes);
  } else if (a.is_array() && b.is_array() && a.size() == b.size()) {
    for (std::size_t i = 0; i < a.size(); ++i)
      document_changes(a[i], b[i], at + "/" + std::to_string(i), changes);
  } else {
    changes.push_back({{"at", at}, {"before", a}, {"after", b}});
  }
}

Json statistics_changes(const StoredCorpus& a, const StoredCorpus& b) {
  const auto stats_of = [](const StoredCorpus& corpus) {
    Json all = Json::object();
    for (const OutputRule& output : corpus.recipe().outputs) {
      const fs::path folder = output.folder.empty() ? corpus.path() : corpus.path() / output.folder;
      if (const fs::path file = folder / "meta" / "stats.json"; fs::exists(file))
        all[output.folder] = read_json_file(file);
    }
    return all;
  };
  const Json before = stats_of(a), after = stats_of(b);
  Json changed = Json::object();
  for (const auto& [folder, stats] : before.items()) {
    if (!after.contains(folder)) continue;
    for (const auto& [feature, figures] : stats.items())
      if (!after[folder].contains(feature) || after[folder][feature] != figures)
        changed[folder.empty() ? "." : folder].push_back(feature);
    for (const auto& [feature, figures] : after[folder].items())
      if (!stats.contains(feature)) changed[folder.empty() ? "." : folder].push_back(feature);
  }
  return changed;
}

Json outputs_of(const StoredCorpus& corpus) {
  Json list = Json::array();
  for (const OutputRule& output : corpus.recipe().outputs)
    list.push_back({{"format", output.row->name},
                    {"folder", output.folder},
                    {"options", output.options.all()}});
  return list;
}

Json changes_of(const StoredCorpus& a, std::size_t i, const StoredCorpus& b, std::size_t j,
                bool manifest_only) {
  Json changes = Json::array();
  compare_entries(a.samples()[i], a.details(i), b.samples()[j], b.details(j), changes);
  if (manifest_only) return changes;
  edit::LoadOptions options;
  options.wants_pixels = false;
  options.rate = a.schema().rate;
  const LoadedEpisode left = a.load(i, options);
  options.rate = b.schema().rate;
  const LoadedEpisode right = b.load(j, options);
  compare_content(left.episode, right.episode, changes);
  return changes;
}

}  // namespace

Json diff_corpora(const DiffRequest& request, Progress& progress) {
  const auto a = StoredCorpus::open(request.before), b = StoredCorpus::open(request.after);
  std::map<std::string, std::size_t> after;
  for (std::size_t j = 0; j < b->samples().size(); ++j) after[b->samples()[j].key] = j;
  Json added = Json::array(), removed = Json::array(), changed = Json::object();
  std::vector<std::pair<std::size_t, std::size_t>> both;
  for (std::size_t i = 0; i < a->samples().size(); ++i) {
    const auto found = after.find(a->samples()[i].key);
    if (found == after.end())
      removed.push_back(a->samples()[i].key);
    else
      both.emplace_back(i, found->second);
  }
  std::set<std::string> before;
  for (const StoredSample& sample : a->samples()) before.insert(sample.key);
  for (const StoredSample& sample : b->samples())
    if (!before.contains(sample.key)) added.push_back(sample.key);
  std::uint64_t same = 0;
  progress.begin("compare", both.size(), "samples");
  ordered_pool<Json>(
      both.size(), request.threads,
      [&](std::size_t n) {
        return changes_of(*a, both[n].first, *b, both[n].second, request.manifest_only);
      },
      [&](std::size_t n, Json&& changes) {
        if (changes.empty())
          ++same;
        else
          changed[a->samples()[both[n].first].key] = std::move(changes);
        progress.advance(n + 1);
      });
  progress.end();
  const Json features = feature_changes(a->schema(), b->schema());
  Json recipe = Json::array(), outputs = Json::array();
  if (!a->manifest().empty() && !b->manifest().empty())
    document_changes(a->recipe().document, b->recipe().document, "", recipe);
  document_changes(outputs_of(*a), outputs_of(*b), "", outputs);
  const Json statistics = statistics_changes(*a, *b);
  const bool equal = added.empty() && removed.empty() && changed.empty() &&
                     features["added"].empty() && features["removed"].empty() &&
                     features["changed"].empty() && recipe.empty() && outputs.empty() &&
                     statistics.empty() && a->schema().rate == b->schema().rate;
  return {{"version", 1},
          {"equal", equal},
          {"identical", a->hash() == b->hash()},
          {"compared", request.manifest_only ? "manifest" : "manifest, rows and packets"},
          {"samples",
           {{"before", a->samples().size()},
            {"after", b->samples().size()},
            {"same", same},
            {"added", added},
            {"removed", removed},
            {"changed", changed}}},
          {"features", features},
          {"rate",
           {{"before",
             std::to_string(a->schema().rate.num) + "/" + std::to_string(a->schema().rate.den)},
            {"after",
             std::to_string(b->schema().rate.num) + "/" + std::to_string(b->schema().rate.den)}}},
          {"outputs", outputs},
          {"statistics", statistics},
          {"recipe", recipe}};
}

}  // namespace reelcell::pipeline
