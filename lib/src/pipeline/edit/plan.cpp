// A request against its sources: which samples stay, under which names, in which outputs.
#include <algorithm>

#include "edit/edit_plan.hpp"
#include "internal/features.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/base/hash.hpp"
#include "reelcell/writers/registry.hpp"

namespace reelcell::pipeline {
namespace edit {
namespace {

template <class T>
void add_new(std::vector<T>& list, const T& value) {
  if (std::find(list.begin(), list.end(), value) == list.end()) list.push_back(value);
}

/// What two features must agree in to be one column; "" when they do.
std::string difference(const FeatureSpec& a, const FeatureSpec& b) {
  FeatureSpec left = a, right = b;
  left.name = right.name = a.name;
  return feature_difference({left}, {right});
}

void rename_features(EditPlan::Impl& plan, std::vector<FeatureSpec>& features) {
  for (FeatureSpec& spec : features)
    if (const auto found = plan.renames.find(spec.name); found != plan.renames.end())
      spec.name = found->second;
}

void check_renames(const EditPlan::Impl& plan) {
  std::vector<std::string> names;
  for (const auto& source : plan.sources)
    for (const FeatureSpec& spec : source->schema().features) add_new(names, spec.name);
  for (const auto& [from, to] : plan.renames) {
    if (std::find(names.begin(), names.end(), from) == names.end())
      throw InputError("--rename", unknown_name("feature", from, names));
    if (to.empty() || to.find('/') != std::string::npos)
      throw InputError("--rename", "'" + to + "' cannot name a feature");
  }
}

/// The features of the first source; every other source must have the same, in any order.
void merge_schemas(EditPlan::Impl& plan, Diagnostics& diagnostics) {
  plan.schema = plan.sources[0]->schema();
  rename_features(plan, plan.schema.features);
  std::set<std::string> seen;
  for (const FeatureSpec& spec : plan.schema.features)
    if (!seen.insert(spec.name).second)
      throw InputError("--rename", "two features would be called '" + spec.name + "'");
  for (std::size_t s = 1; s < plan.sources.size(); ++s) {
    const StoredCorpus& source = *plan.sources[s];
    const std::string where = source.path().string();
    if (!(source.schema().rate == plan.schema.rate))
      throw PlanError(where, "has " + std::to_string(source.schema().rate.num) + "/" +
                                 std::to_string(source.schema().rate.den) +
                                 " rows a second, the first source " +
                                 std::to_string(plan.schema.rate.num) + "/" +
                                 std::to_string(plan.schema.rate.den) +
                                 "; only sets of one rate can be merged");
    std::vector<FeatureSpec> features = source.schema().features;
    rename_features(plan, features);
    for (const FeatureSpec& spec : plan.schema.features) {
      const auto same = std::find_if(features.begin(), features.end(),
                                     [&](const auto& f) { return f.name == spec.name; });
      const std::string what = same == features.end() ? "feature '" + spec.name + "' is missing"
                                                      : difference(spec, *same);
      if (!what.empty())
        throw PlanError(where, what + "; rename with --rename, or leave the source out");
      if (same->names != spec.names)
        diagnostics.warn("edit-element-names", where,
                         "feature '" + spec.name +
                             "' names its elements otherwise than the first source, whose names "
                             "are kept");
    }
    for (const FeatureSpec& spec : features)
      if (std::none_of(plan.schema.features.begin(), plan.schema.features.end(),
                       [&](const auto& f) { return f.name == spec.name; }))
        throw PlanError(where, "feature '" + spec.name + "' is not in the first source");
    if (source.schema().true_times != plan.schema.true_times) {
      diagnostics.loss("edit-true-times", where,
                       "some sources keep the samples' true times and some do not: the merged "
                       "corpus has none");
      plan.schema.true_times = false;
    }
    if (source.schema().robot_type != plan.schema.robot_type)
      diagnostics.warn("edit-robot-type", where,
                       "is of robot type '" + source.schema().robot_type +
                           "'; the first source's '" + plan.schema.robot_type + "' is kept");
    for (const std::string& stream : source.schema().time_streams)
      add_new(plan.schema.time_streams, stream);
    for (const std::string& name : source.schema().label_names)
      add_new(plan.schema.label_names, name);
  }
}

/// Two sets of one folder name have the same keys; the later ones get a number.
std::vector<PlannedSample> all_samples(const EditPlan::Impl& plan, bool distinct) {
  std::vector<PlannedSample> samples;
  std::set<std::string> keys;
  for (std::size_t s = 0; s < plan.sources.size(); ++s) {
    const StoredCorpus& source = *plan.sources[s];
    for (std::size_t t = 0; t < s; ++t)
      if (!distinct && plan.sources[t]->hash() == source.hash())
        throw PlanError(source.path().string(),
                        "has the same content as " + plan.sources[t]->path().string() +
                            "; merging would double every sample. Give --distinct to "
                            "keep the first of each");
    for (std::size_t i = 0; i < source.samples().size(); ++i) {
      const StoredSample& stored = source.samples()[i];
      PlannedSample sample{s, i, stored.key, stored.split, stored.group, source.details(i).segment};
      for (int n = 2; !keys.insert(sample.key).second; ++n)
        sample.key = stored.key + "-" + std::to_string(n);
      if (stored.group == stored.key) sample.group = sample.key;
      samples.push_back(std::move(sample));
    }
  }
  return samples;
}

void tell_new_keys(const std::vector<PlannedSample>& samples, const EditPlan::Impl& plan,
                   Diagnostics& diagnostics) {
  for (const PlannedSample& sample : samples)
    if (const std::string& key = plan.stored(sample).key; sample.key != key)
      diagnostics.warn("edit-key-renamed", plan.sources[sample.source]->path().string(),
                       "keys that an earlier source has too get a number: '" + key + "' is now '" +
                           sample.key + "'");
}

/// Keys, or episode numbers where there is one source.
std::set<std::size_t> find_samples(const std::vector<std::string>& wanted, const char* flag,
                                   const std::vector<PlannedSample>& samples,
                                   const EditPlan::Impl& plan) {
  std::map<std::string, std::size_t> by_name;
  std::vector<std::string> keys;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    if (plan.sources.size() == 1)
      by_name.emplace(std::to_string(plan.stored(samples[i]).episode), i);
    keys.push_back(samples[i].key);
  }
  for (std::size_t i = 0; i < samples.size(); ++i) by_name[samples[i].key] = i;
  std::set<std::size_t> found;
  for (const std::string& name : wanted) {
    const auto known = by_name.find(name);
    if (known == by_name.end())
      throw InputError(flag, "no sample is called '" + name + "'; keys such as '" +
                                 (keys.empty() ? "" : keys.front()) + "'" +
                                 (plan.sources.size() == 1 ? " or episode numbers" : "") +
                                 " are expected." + did_you_mean(name, keys));
    found.insert(known->second);
  }
  return found;
}

/// Takes out the samples of which `wanted` is not true.
void keep_only(std::vector<PlannedSample>& samples, const std::vector<bool>& wanted,
               const std::string& reason, const EditPlan::Impl& plan, std::vector<LeftOut>& out) {
  std::vector<PlannedSample> kept;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    if (wanted[i])
      kept.push_back(std::move(samples[i]));
    else
      out.push_back({plan.stored(samples[i]).key, reason, samples[i].source, samples[i].sample});
  }
  samples = std::move(kept);
}

void select(const EditRequest& request, std::vector<PlannedSample>& samples, EditPlan::Impl& plan) {
  const auto dropped = find_samples(request.drop, "--drop", samples, plan);
  const auto kept = find_samples(request.keep, "--keep", samples, plan);
  std::vector<bool> by_predicate(samples.size(), true);
  if (!request.where.empty()) by_predicate = SampleTable(samples, plan).matches(request.where);
  std::vector<bool> wanted(samples.size());
  for (std::size_t i = 0; i < samples.size(); ++i)
    wanted[i] = !dropped.contains(i) && (kept.empty() || kept.contains(i)) && by_predicate[i];
  keep_only(samples, wanted, "edit: not selected", plan, plan.left_out);
  if (request.forget.empty()) return;
  std::vector<std::string> groups;
  std::vector<bool> others(samples.size());
  for (std::size_t i = 0; i < samples.size(); ++i) {
    add_new(groups, samples[i].group);
    others[i] = samples[i].group != request.forget;
  }
  for (const LeftOut& left : plan.left_out)
    if (plan.sources[left.source]->samples()[left.sample].group == request.forget)
      throw PlanError("--forget", "group '" + request.forget +
                                      "' is also touched by --drop, --keep or --where; forget it "
                                      "in an edit of its own");
  if (std::find(groups.begin(), groups.end(), request.forget) == groups.end())
    throw InputError("--forget", unknown_name("group", request.forget, groups));
  keep_only(samples, others, "", plan, plan.forgotten);
}

void apply_setting(const std::string& setting, EditPlan::Impl& plan) {
  const std::size_t equals = setting.find('=');
  if (equals == std::string::npos)
    throw InputError("--set", "'" + setting + "' is not [FOLDER.]OPTION=VALUE");
  const std::string left = setting.substr(0, equals), value = setting.substr(equals + 1);
  const std::size_t dot = left.rfind('.');
  const std::string folder = dot == std::string::npos ? "" : left.substr(0, dot);
  const std::string name = dot == std::string::npos ? left : left.substr(dot + 1);
  std::vector<std::string> known;
  bool done = false;
  for (OutputRule& output : plan.recipe.outputs) {
    if (!folder.empty() && folder != output.folder && folder != output.row->name) continue;
    bool has = false;
    for (const OptionSpec& spec : output.row->options) {
      add_new(known, spec.name);
      has |= spec.name == name;
    }
    if (!has) continue;
    Json values = output.options.all();
    const Json parsed = Json::parse(value, nullptr, false);
    values[name] = parsed.is_discarded() ? Json(value) : parsed;
    output.options = OptionValues::parse(values, output.row->options, "--set " + setting);
    done = true;
  }
  if (!done) throw InputError("--set", unknown_name("option", name, known));
  plan.options_changed = true;
}

void choose_outputs(const EditRequest& request, EditPlan::Impl& plan) {
  plan.recipe = plan.sources[0]->recipe();
  if (!request.format.empty()) {
    const WriterRow& row = at_place(
        "--to", [&]() -> const WriterRow& { return writers::writer_named(request.format); });
    const bool bare = plan.sources[0]->manifest().empty();
    plan.recipe.outputs = {{&row, bare ? "" : row.name, OptionValues::defaults(row.options)}};
    plan.options_changed = true;
  }
  for (const std::string& setting : request.settings) apply_setting(setting, plan);
}

void check_splits(const std::vector<PlannedSample>& samples) {
  std::map<std::string, std::string> split_of;
  for (const PlannedSample& sample : samples) {
    const auto [known, fresh] = split_of.try_emplace(sample.group, sample.split);
    if (!fresh && known->second != sample.split)
      throw PlanError("group '" + sample.group + "'",
                      "would be in the splits '" + known->second + "' and '" + sample.split +
                          "'; give its samples one split with --map, or leave some out");
  }
}

/// LeRobot's splits are ranges of episodes.
void order(std::vector<PlannedSample>& samples, const EditPlan::Impl& plan) {
  std::vector<std::string> splits;
  for (const auto& [name, ratio] : plan.recipe.splits.ratios) add_new(splits, name);
  for (const PlannedSample& sample : samples) add_new(splits, sample.split);
  const auto rank = [&](const PlannedSample& sample) {
    return std::find(splits.begin(), splits.end(), sample.split) - splits.begin();
  };
  std::stable_sort(samples.begin(), samples.end(),
                   [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
}

void note_operations(const EditRequest& request, EditPlan::Impl& plan) {
  const auto note = [&](const char* operation, const char* argument, Json value) {
    add_new(plan.operations, std::string(operation));
    plan.arguments[argument] = std::move(value);
  };
  const auto pairs = [](const auto& list) {
    Json json = Json::object();
    for (const auto& [name, value] : list) json[name] = value;
    return json;
  };
  if (request.sources.size() > 1) add_new(plan.operations, std::string("merge"));
  if (request.distinct) note("merge", "distinct", true);
  if (!request.drop.empty()) note("drop", "drop", request.drop);
  if (!request.keep.empty()) note("filter", "keep", request.keep);
  if (!request.where.empty()) note("filter", "where", request.where);
  if (!request.forget.empty())
    note("forget", "subject_sha256", hash_bytes(as_bytes(request.forget)).sha256);
  if (!request.map.empty())
    note(
        "relabel", "map",
        Json{{"file", request.map.filename().string()}, {"sha256", hash_file(request.map).sha256}});
  if (!request.labels.empty()) note("relabel", "labels", pairs(request.labels));
  if (!request.task.empty()) note("relabel", "task", request.task);
  if (!request.renames.empty()) note("rename", "renames", pairs(request.renames));
  if (!request.settings.empty()) note("reshard", "settings", request.settings);
  if (!request.format.empty()) note("reshard", "format", request.format);
  if (!request.split_ratios.empty()) note("split", "split", pairs(request.split_ratios));
  if (!request.split_wheres.empty()) note("split", "split_where", pairs(request.split_wheres));
  if (request.split_by_group) note("split", "split_by", "group");
  if (request.image_stats == "decode") note("statistics", "image_stats", "decode");
  if (plan.operations.empty()) plan.operations.push_back("copy");
}

}  // namespace
}  // namespace edit

EditPlan::EditPlan() : impl_(std::make_unique<Impl>()) {}
EditPlan::EditPlan(EditPlan&&) noexcept = default;
EditPlan::~EditPlan() = default;

EditPlan EditPlan::make(const EditRequest& request, Diagnostics& diagnostics) {
  if (request.sources.empty()) throw InputError("no corpus or data set was named");
  if (request.image_stats != "keep" && request.image_stats != "decode")
    throw InputError("--image-stats",
                     unknown_name("value", request.image_stats, {"keep", "decode"}));
  EditPlan result;
  Impl& plan = *result.impl_;
  for (const fs::path& source : request.sources)
    diagnostics.merge(plan.sources.emplace_back(edit::StoredCorpus::open(source))->losses());
  for (const auto& [from, to] : request.renames) plan.renames[from] = to;
  plan.pixels =
      request.image_stats == "decode" ? edit::PixelFigures::kDecoded : edit::PixelFigures::kKept;
  plan.forget_group = request.forget;
  edit::check_renames(plan);
  edit::choose_outputs(request, plan);
  edit::merge_schemas(plan, diagnostics);
  std::vector<edit::PlannedSample> samples = edit::all_samples(plan, request.distinct);
  edit::select(request, samples, plan);
  edit::find_doubles(samples, request.distinct, plan);
  edit::tell_new_keys(samples, plan, diagnostics);
  edit::relabel(request, samples, plan);
  if (samples.empty()) throw PlanError("the edit", "would leave no sample");
  edit::check_splits(samples);
  edit::order(samples, plan);
  for (const edit::PlannedSample& sample : samples)
    for (const Label& label : sample.segment.labels)
      edit::add_new(plan.schema.label_names, label.name);
  edit::note_operations(request, plan);
  plan.parts = edit::distribute(request, std::move(samples), plan, diagnostics);
  return result;
}

Json EditPlan::to_json() const {
  const Impl& plan = *impl_;
  Json sources = Json::array(), corpora = Json::array(), left = Json::array();
  for (const auto& source : plan.sources)
    sources.push_back({{"path", source->path().string()},
                       {"sha256", source->hash()},
                       {"samples", source->samples().size()}});
  for (const edit::Part& part : plan.parts) {
    Json samples = Json::array();
    std::uint64_t rows = 0;
    for (const edit::PlannedSample& sample : part.samples) {
      rows += plan.stored(sample).rows;
      samples.push_back({{"key", sample.key},
                         {"from", plan.stored(sample).key},
                         {"source", sample.source},
                         {"episode_before", plan.stored(sample).episode},
                         {"split", sample.split},
                         {"group", sample.group},
                         {"task", sample.segment.task}});
    }
    corpora.push_back({{"name", part.name}, {"rows", rows}, {"samples", samples}});
  }
  for (const edit::LeftOut& sample : plan.left_out)
    left.push_back({{"key", sample.key}, {"reason", sample.reason}});
  Json outputs = Json::array();
  for (const OutputRule& output : plan.recipe.outputs)
    outputs.push_back({{"format", output.row->name},
                       {"folder", output.folder},
                       {"options", output.options.all()}});
  return {{"version", 1},
          {"operations", plan.operations},
          {"arguments", plan.arguments},
          {"sources", sources},
          {"corpora", corpora},
          {"left_out", left},
          {"forgotten", plan.forgotten.size()},
          {"outputs", outputs}};
}

}  // namespace reelcell::pipeline
