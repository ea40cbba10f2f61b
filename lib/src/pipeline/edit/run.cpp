// The planned samples through the writers, into a folder that appears at the end.
#include <algorithm>

#include "edit/carried_files.hpp"
#include "edit/edit_plan.hpp"
#include "edit/staging.hpp"
#include "internal/accountant.hpp"
#include "internal/camera_forms.hpp"
#include "internal/corpus_stats.hpp"
#include "internal/manifest.hpp"
#include "internal/own_files.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/base/hash.hpp"
#include "reelcell/base/ordered_pool.hpp"

namespace reelcell::pipeline {
namespace edit {
namespace {

/// What the edit did to the video, over all corpora of it.
struct Account {
  std::uint64_t copied_clips = 0, copied_bytes = 0, encoded_clips = 0, encoded_bytes = 0;
  std::uint64_t decoded_frames = 0;
  std::map<std::string, std::uint64_t> reasons;
  void add(const LoadedEpisode& loaded) {
    copied_clips += loaded.copied_clips;
    copied_bytes += loaded.copied_bytes;
    encoded_clips += loaded.encoded_clips;
    encoded_bytes += loaded.encoded_bytes;
    decoded_frames += loaded.decoded_frames;
    for (const auto& [feature, reason] : loaded.encoded) ++reasons[reason];
  }
  Json json() const {
    Json why = Json::object();
    for (const auto& [reason, clips] : reasons) why[reason] = clips;
    return {{"copied", {{"clips", copied_clips}, {"bytes", copied_bytes}}},
            {"encoded", {{"clips", encoded_clips}, {"bytes", encoded_bytes}, {"why", why}}},
            {"frames_decoded_for_statistics", decoded_frames}};
  }
};

/// A sample that is to be written, or why it cannot be.
struct Taken {
  std::optional<LoadedEpisode> loaded;
  std::string trouble;
};

/// Columns, clips and stills under the new names, in the new order.
void rename_features(const EditPlan::Impl& plan, Episode& episode) {
  const auto renamed = [&](std::string& name) {
    if (const auto found = plan.renames.find(name); found != plan.renames.end())
      name = found->second;
  };
  for (Column& column : episode.columns) renamed(column.spec.name);
  for (EpisodeClip& clip : episode.clips) renamed(clip.feature);
  for (EpisodeStill& still : episode.stills) renamed(still.feature);
  for (ClipObjects& objects : episode.objects) renamed(objects.feature);
  Json pixels = Json::object();
  for (const auto& [feature, figures] : episode.video_stats.items()) {
    std::string name = feature;
    renamed(name);
    pixels[name] = figures;
  }
  episode.video_stats = std::move(pixels);
  std::vector<Column> columns;
  std::vector<EpisodeClip> clips;
  for (const FeatureSpec& spec : plan.schema.features) {
    if (spec.is_video) {
      for (EpisodeClip& clip : episode.clips)
        if (clip.feature == spec.name) clips.push_back(std::move(clip));
    } else {
      for (Column& column : episode.columns)
        if (column.spec.name == spec.name) columns.push_back(std::move(column));
    }
  }
  episode.columns = std::move(columns);
  episode.clips = std::move(clips);
}

Taken take(const EditPlan::Impl& plan, const PlannedSample& planned, const LoadOptions& options) {
  Taken taken;
  try {
    LoadedEpisode loaded = plan.sources[planned.source]->load(planned.sample, options);
    Episode& episode = loaded.episode;
    if (episode.session_id == episode.key) episode.session_id = planned.key;
    episode.key = planned.key;
    episode.split = planned.split;
    episode.segment = planned.segment;
    rename_features(plan, episode);
    taken.loaded = std::move(loaded);
  } catch (const InputError& error) {
    taken.trouble = error.what();
  }
  return taken;
}

class PartWriter {
 public:
  /// `carried`: what may be taken over as it is; nullptr: all is written.
  PartWriter(const EditPlan::Impl& plan, const Part& part, fs::path root,
             const CarriedFiles* carried, Diagnostics& diagnostics)
      : plan_(&plan),
        part_(&part),
        root_(std::move(root)),
        carried_(carried),
        diagnostics_(&diagnostics) {
    build_.recipe = plan.recipe;
    build_.schema = plan.schema;
    for (const auto& source : plan.sources) {
      const Json statistics = source->manifest().value("statistics", Json::object());
      const Json labels = statistics.value("labels", Json::object());
      for (const auto& [label, figures] : labels.items())
        join_unit(build_.label_units[label], figures.value("unit", "-"));
    }
    // Of what an expression gives nobody stated the unit.
    const Json expressions = plan.arguments.value("labels", Json::object());
    for (const auto& [label, sql] : expressions.items()) build_.label_units.erase(label);
    std::set<std::string> sessions;
    for (const PlannedSample& sample : part.samples)
      if (const std::string& id = plan.stored(sample).session; sessions.insert(id).second)
        build_.sessions.push_back({"", "", id});
    manifest_ = std::make_unique<ManifestBuilder>(build_);
    make_folders(root_);
    for (const OutputRule& output : plan.recipe.outputs) {
      if (!output.folder.empty()) make_folders(root_ / output.folder);
      writers_.push_back(
          output.row->make({root_, output.folder, plan.schema, output.options, &diagnostics}));
    }
  }

  void add(const PlannedSample& planned, Taken&& taken) {
    const StoredSample& stored = plan_->stored(planned);
    Decision decision{planned.key,
                      stored.session,
                      planned.segment.name,
                      planned.split,
                      GateAction::kKeep,
                      Json::array(),
                      "",
                      std::nullopt};
    const Json before = plan_->sources[planned.source]->decision(stored.key);
    if (before.is_object()) decision.gates = before.value("gates", Json::array());
    if (!taken.loaded) {
      decision.action = GateAction::kQuarantine;
      decision.reason = taken.trouble;
      diagnostics_->loss("edit-sample-left-out", planned.key, taken.trouble);
      report_.decisions.add(decision);
      return;
    }
    diagnostics_->merge(*taken.loaded->losses);
    Episode& episode = taken.loaded->episode;
    episode.index = report_.episodes;
    decision.episode = episode.index;
    const Json entry = plan_->details(planned).manifest;
    std::vector<SamplePlace> places;
    for (std::size_t i = 0; i < writers_.size(); ++i)
      places.push_back(carried_
                           ? writers_[i]->carry(episode, carried_->before(planned.sample, entry, i))
                           : writers_[i]->add(episode));
    manifest_->add(episode, planned.group, places, {{"origin", origin_of(planned, stored, entry)}});
    accountant_.add(episode);
    account_.add(*taken.loaded);
    report_.decisions.add(decision);
  }

  const Account& account() const { return account_; }

  /// Everything but the manifest, then the manifest. Gives the corpus's part of the report.
  Json finish(const Json& record, const Needles* needles) {
    if (report_.episodes == 0)
      throw PlanError("the edit", "no sample could be read whole; the first reason is: " +
                                      report_.decisions.left_out().front().reason);
    accountant_.finish();
    add_left_out();
    for (std::size_t i = 0; i < writers_.size(); ++i) {
      const WriterReport written = writers_[i]->close();
      const OutputRule& output = plan_->recipe.outputs[i];
      manifest_->add_output(output, written, has_own_options(output));
      report_.outputs.push_back({{"format", output.row->name},
                                 {"folder", output.folder},
                                 {"files", written.files.size()},
                                 {"summary", written.summary}});
      if (carried_) report_.outputs.back()["files_as_they_were"] = written.carried;
    }
    report_.lost = diagnostics_->has_loss();
    const JsonFilter filter =
        needles ? JsonFilter([&](const Json& json) { return needles->scrub(json); }) : JsonFilter();
    manifest_->add_file(write_json_file(root_, "report.json", [&](JsonStream& stream) {
      write_json(report_, stream, {{"edit", record}}, filter);
    }));
    manifest_->add_file(write_text_file(root_, "README.md", manifest_->data_card(report_)));
    Json edits = plan_->sources[0]->manifest().value("edits", Json::array());
    edits.push_back(record);
    write_json_file(root_, "corpus.json", [&](JsonStream& stream) {
      manifest_->write(stream, report_, {{"edits", edits}}, filter);
    });
    return {{"name", part_->name},
            {"episodes", report_.episodes},
            {"rows", report_.rows},
            {"outputs", report_.outputs}};
  }

 private:
  Json origin_of(const PlannedSample& planned, const StoredSample& stored,
                 const Json& entry) const {
    Json origin = entry.value("origin", Json::array());
    origin.push_back({{"corpus", plan_->sources[planned.source]->name()},
                      {"sha256", plan_->sources[planned.source]->hash()},
                      {"key", stored.key},
                      {"episode", stored.episode}});
    return origin;
  }

  /// What this edit and the builds before it left out; nothing of the kind after a forget.
  void add_left_out() {
    if (!plan_->forget_group.empty()) return;
    for (const auto& source : plan_->sources)
      source->for_each_decision([&](const std::string& key, const Json& entry) {
        const std::string action = entry.value("action", "keep");
        if (action == "keep") return;
        report_.decisions.add(
            {key, entry.value("session", ""), entry.value("segment", ""), entry.value("split", ""),
             action == "drop" ? GateAction::kDrop : GateAction::kQuarantine,
             entry.value("gates", Json::array()), entry.value("reason", ""), std::nullopt});
      });
    for (const LeftOut& sample : plan_->left_out) {
      const StoredSample& stored = plan_->sources[sample.source]->samples()[sample.sample];
      const Segment segment = plan_->sources[sample.source]->details(sample.sample).segment;
      report_.decisions.add({stored.key, stored.session, segment.name, stored.split,
                             GateAction::kDrop, Json::array(), sample.reason, std::nullopt});
    }
  }

  /// The manifest has them beside an output when they are not the recipe's.
  bool has_own_options(const OutputRule& output) const {
    return plan_->options_changed || plan_->sources[0]->manifest().empty() || had_options(output);
  }
  bool had_options(const OutputRule& output) const {
    for (const Json& entry : plan_->sources[0]->manifest().value("outputs", Json::array()))
      if (entry.value("folder", "") == output.folder && entry.contains("options")) return true;
    return false;
  }

  const EditPlan::Impl* plan_;
  const Part* part_;
  fs::path root_;
  const CarriedFiles* carried_;
  Diagnostics* diagnostics_;
  BuildPlan build_;
  BuildReport report_;
  Accountant accountant_{report_};
  std::unique_ptr<ManifestBuilder> manifest_;
  std::vector<std::unique_ptr<CorpusWriter>> writers_;
  Account account_;
};

/// What the manifest keeps of the edit: enough to know what was done to which corpora.
Json record_of(const EditPlan::Impl& plan, const Part& part, const Account& account) {
  Json sources = Json::array();
  for (const auto& source : plan.sources) {
    Json entry = {{"name", source->name()},
                  {"sha256", source->hash()},
                  {"samples", source->samples().size()}};
    if (source->manifest().empty()) {
      entry["kind"] = "data set";
    } else {
      entry["recipe"] = source->recipe().hash;
      // The first source's history goes on in the list itself.
      if (source != plan.sources.front() && source->manifest().contains("edits"))
        entry["edits"] = source->manifest()["edits"];
    }
    sources.push_back(std::move(entry));
  }
  Json record = {{"operations", plan.operations},
                 {"arguments", plan.arguments},
                 {"generator", {{"name", "reelcell"}, {"version", REELCELL_VERSION}}},
                 {"sources", sources},
                 {"left_out", plan.left_out.size()},
                 {"video", account.json()}};
  if (!part.name.empty()) record["part"] = part.name;
  if (!plan.forget_group.empty()) record["forgotten"] = plan.forgotten.size();
  return record;
}

/// What the first source says of each camera holds for those of the others, which a rename may have
/// called otherwise.
CameraForms camera_forms_of(const EditPlan::Impl& plan) {
  CameraForms forms, by_name;
  const auto renamed = [&](const std::string& name) {
    const auto found = plan.renames.find(name);
    return found == plan.renames.end() ? name : found->second;
  };
  if (!writes_lerobot(plan.recipe)) return by_name;
  for (const auto& [name, form] : stated_forms(plan.sources[0]->lerobot_info()))
    forms[renamed(name)] = form;
  for (const auto& source : plan.sources)
    for (const FeatureSpec& spec : source->schema().features)
      if (const auto form = forms.find(renamed(spec.name)); form != forms.end())
        by_name[spec.name] = form->second;
  return by_name;
}

LoadOptions load_options(const EditPlan::Impl& plan) {
  LoadOptions options;
  options.pixels = plan.pixels;
  options.wants_pixels =
      (plan.recipe.image_stats != "none" || plan.pixels == PixelFigures::kDecoded) &&
      writes_lerobot(plan.recipe);
  options.encode = plan.recipe.encode;
  options.cameras = camera_forms_of(plan);
  // A set alone is as it was; what info.json of a foreign one says of its codec may be wrong.
  if (plan.sources.size() > 1)
    options.why_not_copied = [&plan](const CameraForm& form, const VideoFormat& source) {
      return why_another_form(plan.recipe, form, source);
    };
  options.rate = plan.schema.rate;
  return options;
}

/// Nothing when `carried` is given and a sample cannot be read whole: the files that it lies in
/// cannot stay then.
std::optional<Json> try_part(const EditPlan::Impl& plan, const Part& part, const fs::path& root,
                             const CarriedFiles* carried, std::size_t threads, Needles* needles,
                             Diagnostics& diagnostics, Progress& progress) {
  const LoadOptions options = load_options(plan);
  PartWriter writer(plan, part, root, carried, diagnostics);
  bool whole = true;
  progress.begin(part.name.empty() ? "edit" : part.name, part.samples.size(), "samples");
  ordered_pool<Taken>(
      part.samples.size(), threads,
      [&](std::size_t i) { return take(plan, part.samples[i], options); },
      [&](std::size_t i, Taken&& taken) {
        whole = whole && (!carried || taken.loaded);
        if (!whole) return;
        if (needles && taken.loaded) needles->keep(taken.loaded->episode);
        writer.add(part.samples[i], std::move(taken));
        progress.advance(i + 1);
      },
      threads + 1);
  progress.end();
  if (!whole) return std::nullopt;
  const Json record = record_of(plan, part, writer.account());
  Json result = writer.finish(record, needles);
  result["edit"] = record;
  return result;
}

Json write_part(const EditPlan::Impl& plan, const Part& part, const fs::path& root,
                std::size_t threads, Needles* needles, Diagnostics& diagnostics,
                Progress& progress) {
  if (CarriedFiles::may_be(plan)) {
    const CarriedFiles carried(plan);
    Diagnostics own;
    if (auto written = try_part(plan, part, root, &carried, threads, needles, own, progress)) {
      diagnostics.merge(own);
      return std::move(*written);
    }
    for (const auto& entry : fs::directory_iterator(root)) fs::remove_all(entry.path());
  }
  return *try_part(plan, part, root, nullptr, threads, needles, diagnostics, progress);
}

/// A target inside a source would become part of what is read.
void check_target(const EditPlan::Impl& plan, const fs::path& out) {
  const fs::path target = fs::weakly_canonical(fs::absolute(out));
  for (const auto& source : plan.sources) {
    const fs::path folder = fs::canonical(source->path());
    for (fs::path up = target.parent_path(); !up.empty(); up = up.parent_path()) {
      if (up == folder)
        throw PlanError(out.string(), "lies inside the source " + source->path().string() +
                                          "; choose a folder beside it");
      if (up == up.root_path()) break;
    }
  }
}

}  // namespace
}  // namespace edit

Json run_edit(const EditPlan& plan, const EditTarget& target, Diagnostics& diagnostics,
              Progress& progress) {
  const EditPlan::Impl& impl = plan.impl();
  edit::check_target(impl, target.out);
  edit::Staging staging(target.out, target.overwrite);
  std::optional<edit::Needles> needles;
  if (!impl.forget_group.empty()) {
    needles.emplace(impl);
    needles->add_packets(impl, edit::load_options(impl));
  }
  Json corpora = Json::array();
  for (const edit::Part& part : impl.parts)
    corpora.push_back(edit::write_part(
        impl, part, part.name.empty() ? staging.folder() : staging.folder() / part.name,
        target.threads, needles ? &*needles : nullptr, diagnostics, progress));
  Json report = {{"version", 1},
                 {"operations", impl.operations},
                 {"left_out", impl.left_out.size()},
                 {"lost", diagnostics.has_loss()},
                 {"corpora", corpora}};
  if (needles) {
    const Json proof = needles->prove_absent(staging.folder(), impl);
    report["forgotten"] = proof;
    needles->write_audit(staging.folder(), impl, proof);
  }
  staging.publish();
  return report;
}

}  // namespace reelcell::pipeline
