// reelcell build: sessions + recipe -> corpus.
#include <fmt/format.h>

#include <iostream>

#include "command.hpp"
#include "groups/common.hpp"
#include "groups/recipe_group.hpp"
#include "reelcell/pipeline/build.hpp"
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
    app.add_flag("--overwrite", overwrite_, "Replace a complete corpus in the folder");
    app.add_flag("-n,--dry-run", dry_run_, "Show the plan; write nothing");
    threads_.setup(app);
    json_.setup(app, "Print the report (with --dry-run: the plan) as JSON");
    app.final_callback([this] {
      if (out_.empty() && !dry_run_) throw CLI::RequiredError("--out");
    });
  }

  Outcome run() override {
    ProgressBar progress;
    const auto plan = pipeline::plan_build(
        {{inputs_.begin(), inputs_.end()}, recipe_.read(), threads_.value()}, progress);
    if (dry_run_) {
      if (json_.json) {
        Json document = pipeline::to_json(plan);
        document["diagnostics"] = diagnostics_json(*plan.losses);
        print_json(document);
      } else {
        print_plan(plan);
        print_diagnostics(*plan.losses);
      }
      return plan.losses->has_loss() ? Outcome::kDataLost : Outcome::kDone;
    }
    const auto report = pipeline::run_build(plan, {out_, overwrite_, threads_.value()}, progress);
    if (json_.json) {
      Json document = pipeline::to_json(report);
      document["diagnostics"] = diagnostics_json(*plan.losses);
      print_json(document);
    } else {
      print_report(report);
      print_diagnostics(*plan.losses);
    }
    return report.lost ? Outcome::kDataLost : Outcome::kDone;
  }

 private:
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

  void print_report(const pipeline::BuildReport& report) const {
    std::size_t dropped = 0, quarantined = 0;
    for (const auto& decision : report.decisions) {
      dropped += decision.action == GateAction::kDrop;
      quarantined += decision.action == GateAction::kQuarantine;
    }
    std::cout << fmt::format("{}: {}, {}; {} dropped, {} quarantined\n", out_,
                             counted(report.episodes, "episode"), counted(report.rows, "row"),
                             counted(dropped, "segment"), human_count(quarantined));
    Table video({"video", "clips copied", "bytes copied", "clips encoded", "bytes encoded"});
    for (const auto& [feature, account] : report.clips)
      video.add({feature, std::to_string(account.copied_clips), human_bytes(account.copied_bytes),
                 std::to_string(account.encoded_clips), human_bytes(account.encoded_bytes)});
    if (!report.clips.empty()) std::cout << video.text();
    for (const auto& [feature, account] : report.clips)
      for (const auto& [reason, count] : account.reasons)
        std::cout << fmt::format("  {}: {} encoded: {}\n", feature, counted(count, "clip"), reason);
    for (const Json& output : report.outputs)
      std::cout << fmt::format("{}/{}: {}, {}\n", out_, output["folder"].get<std::string>(),
                               output["format"].get<std::string>(),
                               counted(output["files"].get<std::size_t>(), "file"));
  }

  std::vector<std::string> inputs_;
  std::string out_;
  RecipeGroup recipe_;
  ThreadsOption threads_;
  JsonOption json_;
  bool overwrite_ = false, dry_run_ = false;
};

}  // namespace

std::unique_ptr<Command> build_command() { return std::make_unique<BuildCommand>(); }

}  // namespace reelcell::cli
