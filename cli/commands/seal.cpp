// reelcell seal: the parts of a plan -> corpus.
#include <iostream>

#include "command.hpp"
#include "groups/build_groups.hpp"
#include "groups/common.hpp"
#include "reelcell/pipeline/cluster.hpp"
#include "render/build_report.hpp"
#include "render/progress_bar.hpp"

namespace reelcell::cli {
namespace {

class SealCommand : public Command {
 public:
  std::string name() const override { return "seal"; }
  std::string summary() const override {
    return "Check that all parts of a plan are there and write the corpus from them.";
  }
  std::string examples() const override { return "  reelcell seal --plan plan --out corpus"; }
  void setup(CLI::App& app) override {
    plan_.setup(app);
    app.add_option("-o,--out", out_,
                   "Folder of the corpus: new, empty, or an unfinished build of this program")
        ->required()
        ->type_name("DIR");
    app.add_flag("--overwrite", overwrite_, "Replace a complete corpus in the folder");
    threads_.setup(app);
    json_.setup(app, "Print the report as JSON");
  }
  Outcome run() override {
    tell_when_interrupted();
    ProgressBar progress;
    pipeline::BuildRequest request;
    request.out = out_;
    request.overwrite = overwrite_;
    request.threads = threads_.value();
    return show_result(pipeline::seal_plan(plan_.folder, request, progress), out_, json_.json);
  }

 private:
  PlanOption plan_;
  std::string out_;
  bool overwrite_ = false;
  ThreadsOption threads_;
  JsonOption json_;
};

}  // namespace

std::unique_ptr<Command> seal_command() { return std::make_unique<SealCommand>(); }

}  // namespace reelcell::cli
