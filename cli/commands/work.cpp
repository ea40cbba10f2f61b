// reelcell work: build one part of a plan.
#include <iostream>

#include "command.hpp"
#include "groups/build_groups.hpp"
#include "groups/common.hpp"
#include "reelcell/pipeline/cluster.hpp"
#include "render/diagnostics.hpp"
#include "render/parts.hpp"
#include "render/progress_bar.hpp"

namespace reelcell::cli {
namespace {

class WorkCommand : public Command {
 public:
  std::string name() const override { return "work"; }
  std::string summary() const override {
    return "Build one part of a plan; run it again to go on where it stopped.";
  }
  std::string examples() const override {
    return "  reelcell work --plan plan --part 0\n  reelcell work --plan plan --part 3 -j 8";
  }
  void setup(CLI::App& app) override {
    plan_.setup(app);
    app.add_option("--part", part_, "Number of the part, from 0")
        ->required()
        ->check(CLI::Range(0, 1000000).description(""))
        ->type_name("N");
    threads_.setup(app);
    memory_.setup(app);
    app.add_flag("--retry-failed", retry_failed_, "Build anew what failed before");
    json_.setup(app);
  }
  Outcome run() override {
    tell_when_interrupted();
    ProgressBar progress;
    pipeline::WorkRequest request;
    request.folder = plan_.folder;
    request.part = part_;
    request.threads = threads_.value();
    request.memory = memory_.value();
    request.retry_failed = retry_failed_;
    Diagnostics diagnostics;
    request.diagnostics = &diagnostics;
    const auto status = pipeline::work_part(request, progress);
    print_diagnostics(diagnostics);
    if (json_.json)
      print_json(parts_json({status}, {}));
    else
      std::cout << parts_table({status}, {});
    if (!status.complete()) return Outcome::kFailed;
    return any_failed({status}, {}) ? Outcome::kDataLost : Outcome::kDone;
  }

 private:
  PlanOption plan_;
  MemoryOption memory_;
  std::size_t part_ = 0;
  bool retry_failed_ = false;
  ThreadsOption threads_;
  JsonOption json_;
};

}  // namespace

std::unique_ptr<Command> work_command() { return std::make_unique<WorkCommand>(); }

}  // namespace reelcell::cli
