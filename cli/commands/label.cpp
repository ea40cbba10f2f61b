// reelcell label: what segments and labels a recipe gives, and why.
#include <fmt/format.h>

#include <iostream>

#include "command.hpp"
#include "groups/common.hpp"
#include "groups/recipe_group.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/pipeline/build.hpp"
#include "reelcell/pipeline/export_labels.hpp"
#include "reelcell/pipeline/visits.hpp"
#include "render/diagnostics.hpp"
#include "render/progress_bar.hpp"
#include "render/table.hpp"
#include "render/visits.hpp"

namespace reelcell::cli {
namespace {

class LabelCommand : public Command {
 public:
  std::string name() const override { return "label"; }
  std::string summary() const override {
    return "Show the segments and labels that a recipe gives; write nothing.";
  }
  std::string examples() const override {
    return "  reelcell label build/sample/session --recipe samples/recipe.json\n"
           "  reelcell label build/sample/session --recipe samples/recipe.json --explain --segment "
           "3";
  }
  void setup(CLI::App& app) override {
    app.add_option("sessions", inputs_, "Session folders, recordings or data sets")
        ->required()
        ->type_name("PATH");
    recipe_.setup(app, true);
    app.add_flag("--explain", explain_,
                 "Say for each rule why it fired or did not, with the values it saw");
    app.add_option("--segment", only_, "Only this segment: its number in the list, or its key")
        ->type_name("N|KEY");
    auto* const format = app.add_option(
        "--export", export_.format,
        "Print the segments as pre-labels for an annotation tool: label_studio or cvat");
    format->type_name("FORMAT");
    app.add_option("--camera", export_.camera, "Video stream that the pre-labels are of")
        ->type_name("STREAM")
        ->needs(format);
    app.add_option("--export-label", export_.label,
                   "Label whose value names the pre-labels (default: the segment's own, or its "
                   "kind)")
        ->type_name("NAME")
        ->needs(format);
    threads_.setup(app);
    json_.setup(app);
  }

  Outcome run() override {
    ProgressBar progress;
    pipeline::PlanRequest request{
        {inputs_.begin(), inputs_.end()}, recipe_.read(), threads_.value()};
    request.explain = explain_ && export_.format.empty();
    const auto plan = pipeline::plan_build(request, progress);
    pipeline::require_segments(plan);
    std::vector<const pipeline::Candidate*> wanted;
    for (std::size_t i = 0; i < plan.candidates.size(); ++i)
      if (only_.empty() || only_ == std::to_string(i) || only_ == plan.candidates[i].key)
        wanted.push_back(&plan.candidates[i]);
    if (wanted.empty())
      throw InputError("--segment", "'" + only_ + "' is none of the " +
                                        std::to_string(plan.candidates.size()) +
                                        " segments; 'reelcell label' without it lists them");
    if (!export_.format.empty())
      std::cout << pipeline::export_labels(plan, export_);
    else if (explain_)
      explain(plan, wanted);
    else if (json_.json)
      print_json(list(plan, wanted));
    else
      print_labels(plan, wanted);
    if (!json_.json) print_diagnostics(*plan.losses);
    return plan.losses->has_loss() ? Outcome::kDataLost : Outcome::kDone;
  }

 private:
  using Wanted = std::vector<const pipeline::Candidate*>;

  static Json list(const pipeline::BuildPlan& plan, const Wanted& wanted) {
    Json segments = Json::array();
    for (const auto* candidate : wanted) {
      Json entry = to_json(candidate->segment);
      entry["key"] = candidate->key;
      entry["session"] = plan.sessions[candidate->session].id;
      segments.push_back(std::move(entry));
    }
    return {{"version", 1},
            {"segments", segments},
            {"visits", pipeline::visits_reports(plan)},
            {"diagnostics", diagnostics_json(*plan.losses)}};
  }

  static void print_labels(const pipeline::BuildPlan& plan, const Wanted& wanted) {
    std::vector<std::string> header = {"key", "start", "length"};
    for (const std::string& name : plan.schema.label_names) header.push_back(name);
    header.emplace_back("task");
    Table table(header);
    for (const auto* candidate : wanted) {
      const Segment& segment = candidate->segment;
      std::vector<std::string> row = {candidate->key,
                                      format_seconds(segment.range.start.time_since_epoch()),
                                      human_seconds(segment.range.length())};
      for (const std::string& name : plan.schema.label_names) {
        const Label* label = segment.label(name);
        std::string cell = label ? short_text(label->value) : "-";
        if (label && label->confidence < 1) cell += fmt::format(" ({:.2f})", label->confidence);
        row.push_back(cell);
      }
      row.push_back(segment.task);
      table.add(std::move(row));
    }
    std::cout << table.text();
    std::cout << visits_text(pipeline::visits_reports(plan));
  }

  /// Numbers with six digits, as the explanation shows them; --json has them all.
  static std::string short_text(const Value& value) {
    const auto* number = std::get_if<double>(&value);
    return number ? fmt::format("{:.6g}", *number) : to_text(value);
  }

  void explain(const pipeline::BuildPlan& plan, const Wanted& wanted) {
    Json all = Json::array();
    for (const auto* candidate : wanted) {
      if (json_.json)
        all.push_back({{"key", candidate->key}, {"explanation", candidate->explanation}});
      else
        std::cout << candidate->key << "\n"
                  << label::render_explanation(candidate->explanation) << "\n";
    }
    if (json_.json)
      print_json(
          {{"version", 1}, {"segments", all}, {"diagnostics", diagnostics_json(*plan.losses)}});
  }

  std::vector<std::string> inputs_;
  std::string only_;
  RecipeGroup recipe_;
  ThreadsOption threads_;
  JsonOption json_;
  bool explain_ = false;
  pipeline::ExportRequest export_;
};

}  // namespace

std::unique_ptr<Command> label_command() { return std::make_unique<LabelCommand>(); }

}  // namespace reelcell::cli
