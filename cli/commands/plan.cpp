// reelcell plan: split a build into parts for many machines.
#include <fmt/format.h>

#include <iostream>

#include "command.hpp"
#include "groups/common.hpp"
#include "groups/recipe_group.hpp"
#include "reelcell/pipeline/cluster.hpp"
#include "render/parts.hpp"
#include "render/progress_bar.hpp"

namespace reelcell::cli {
namespace {

class PlanCommand : public Command {
 public:
  std::string name() const override { return "plan"; }
  std::string summary() const override {
    return "Split the build of a corpus into parts that many machines can work on.";
  }
  std::string examples() const override {
    return "  reelcell plan build/sample/session --recipe samples/recipe.json --parts 4 --out "
           "plan\n"
           "  reelcell work --plan plan --part 0";
  }
  void setup(CLI::App& app) override {
    app.add_option("sessions", inputs_, "Session folders, recordings or data sets")
        ->required()
        ->type_name("PATH");
    recipe_.setup(app, false);
    app.add_option("--parts", parts_, "How many parts, of about the same cost each")
        ->required()
        ->check(CLI::Range(1, 1000000).description(""))
        ->type_name("N");
    app.add_option("-o,--out", out_,
                   "Folder of the plan, on storage that all machines share; results go there too")
        ->required()
        ->type_name("DIR");
    app.add_flag("--overwrite", overwrite_,
                 "Replace another plan in the folder though parts of it were worked; results of "
                 "sessions that did not change are kept");
    threads_.setup(app);
    json_.setup(app);
  }
  Outcome run() override {
    ProgressBar progress;
    const auto parts =
        pipeline::make_plan({{inputs_.begin(), inputs_.end()}, recipe_.read(), threads_.value()},
                            parts_, out_, overwrite_, progress);
    const auto quarantined = pipeline::plan_quarantined(out_);
    if (json_.json)
      print_json(parts_json(parts, quarantined));
    else
      std::cout << parts_table(parts, quarantined);
    return any_failed(parts, quarantined) ? Outcome::kDataLost : Outcome::kDone;
  }

 private:
  std::vector<std::string> inputs_;
  std::string out_;
  std::size_t parts_ = 0;
  bool overwrite_ = false;
  RecipeGroup recipe_;
  ThreadsOption threads_;
  JsonOption json_;
};

}  // namespace

std::unique_ptr<Command> plan_command() { return std::make_unique<PlanCommand>(); }

}  // namespace reelcell::cli
