// reelcell build: sessions + recipe -> corpus.
#include <fmt/format.h>

#include <iostream>
#include <optional>

#include "command.hpp"
#include "groups/build_groups.hpp"
#include "groups/common.hpp"
#include "groups/recipe_group.hpp"
#include "reelcell/pipeline/add.hpp"
#include "reelcell/pipeline/nothing_left.hpp"
#include "render/build_report.hpp"
#include "render/diagnostics.hpp"
#include "render/progress_bar.hpp"
#include "render/table.hpp"

namespace reelcell::cli {
namespace {

class BuildCommand : public Command {
 public:
  std::string name() const override { return "build"; }
  std::string summary() const override { return "Build a corpus from sessions by a recipe."; }
  std::string examples() const override {
    return "  reelcell build build/sample/session --recipe samples/recipe.json --out corpus\n"
           "  reelcell build build/sample/corpus/lerobot other_set --out merged --dry-run";
  }
  void setup(CLI::App& app) override {
    app.add_option("sessions", inputs_,
                   "Session folders, recordings, data sets, or folders of these")
        ->required()
        ->type_name("PATH");
    app.add_option("-o,--out", out_,
                   "Folder of the corpus: new, empty, or an unfinished build of this program")
        ->type_name("DIR");
    recipe_.setup(app, false);
    CLI::Option* overwrite =
        app.add_flag("--overwrite", overwrite_, "Replace a complete corpus in the folder");
    CLI::Option* add =
        app.add_flag("--add", add_,
                     "Add the sessions that the corpus in the folder does not hold; finished data "
                     "files stay as they are")
            ->excludes(overwrite);
    app.add_flag("--replace", replace_,
                 "With --add: build sessions anew that changed since, in the place of what the "
                 "corpus holds of them (default: keep that)")
        ->needs(add);
    app.add_flag("-n,--dry-run", dry_run_, "Show the plan; write nothing");
    threads_.setup(app);
    memory_.setup(app);
    app.add_flag("--retry-failed", retry_failed_,
                 "Build anew the sessions and segments that failed before, and only those");
    app.add_option("--max-failures", max_failures_,
                   "Stop when more sessions and segments than this have failed; what is done is "
                   "kept for the next run (default: go on)")
        ->type_name("N");
    json_.setup(app, "Print the report (with --dry-run: the plan) as JSON");
    app.final_callback([this] {
      if (out_.empty() && !dry_run_) throw CLI::RequiredError("--out");
    });
  }

  Outcome run() override {
    tell_when_interrupted();
    ProgressBar progress;
    pipeline::PlanRequest planned{
        {inputs_.begin(), inputs_.end()}, recipe_.read(), threads_.value()};
    if (dry_run_) return show_plan(std::move(planned), progress);
    pipeline::BuildRequest request;
    request.out = out_;
    request.overwrite = overwrite_;
    request.threads = threads_.value();
    request.memory = memory_.value();
    request.retry_failed = retry_failed_;
    request.replace = replace_;
    request.max_failures = max_failures_;
    try {
      if (!add_)
        return show_result(pipeline::build_corpus(std::move(planned), request, progress), out_,
                           json_.json);
      const auto added = pipeline::add_sessions(std::move(planned), request, progress);
      return show_result(added.build, out_, json_.json, &added.delta);
    } catch (const pipeline::NothingLeft& left) {
      show_nothing_left(left, json_.json);
      throw;
    }
  }

 private:
  Outcome show_plan(pipeline::PlanRequest planned, ProgressBar& progress) const {
    planned.retry_failed = retry_failed_;
    planned.replace = replace_;
    std::optional<pipeline::CorpusDelta> delta;
    if (!overwrite_ && !out_.empty() && fs::exists(fs::path(out_) / "corpus.json"))
      delta = pipeline::compare_with_corpus(planned, out_);
    // What is there is not read again, unless all of it would have to be.
    const bool added_only = add_ && delta && delta->recipe.empty();
    const pipeline::BuildPlan plan = added_only
                                         ? pipeline::plan_addition(planned, out_, *delta, progress)
                                         : pipeline::plan_build(planned, progress);
    pipeline::warn_of_large_segments(
        plan, memory_.value() ? memory_.value() : pipeline::default_memory());
    if (json_.json) {
      Json document = pipeline::to_json(plan);
      document["diagnostics"] = diagnostics_json(*plan.losses);
      if (delta) document["corpus"] = pipeline::to_json(*delta);
      print_json(document);
    } else {
      print_plan(plan);
      if (delta) print_delta(*delta, out_);
      print_diagnostics(*plan.losses);
    }
    if (!added_only) require_segments(plan);
    check_outputs(plan);
    return plan.losses->has_loss() ? Outcome::kDataLost : Outcome::kDone;
  }

  static void print_plan(const pipeline::BuildPlan& plan) {
    Table table({"segment", "session", "split", "start", "length", "task"});
    for (const auto& candidate : plan.candidates)
      table.add({candidate.key, plan.sessions[candidate.session].id, candidate.split,
                 format_seconds(candidate.segment.range.start.time_since_epoch()),
                 human_seconds(candidate.segment.range.length()), candidate.segment.task});
    std::cout << table.text();
    Table features({"feature", "type", "shape"});
    for (const FeatureSpec& spec : plan.schema.features) {
      std::string shape;
      for (const auto n : spec.shape) shape += (shape.empty() ? "" : " x ") + std::to_string(n);
      features.add(
          {spec.name, spec.is_video ? "video" : std::string(to_string(spec.dtype)), shape});
    }
    std::cout << "\n" << features.text();
    std::cout << fmt::format(
        "\n{}, {}, {:g} rows a second", counted(plan.sessions.size(), "session"),
        counted(plan.candidates.size(), "segment"),
        static_cast<double>(plan.schema.rate.num) / static_cast<double>(plan.schema.rate.den));
    for (const auto& [split, count] : plan.split_order)
      std::cout << fmt::format(", {} {}", count, split);
    std::cout << "; nothing was written\n";
  }

  std::vector<std::string> inputs_;
  std::string out_;
  RecipeGroup recipe_;
  ThreadsOption threads_;
  JsonOption json_;
  bool overwrite_ = false, add_ = false, replace_ = false, dry_run_ = false, retry_failed_ = false;
  MemoryOption memory_;
  std::optional<std::uint64_t> max_failures_;
};

}  // namespace

std::unique_ptr<Command> build_command() { return std::make_unique<BuildCommand>(); }

}  // namespace reelcell::cli
