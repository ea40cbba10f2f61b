// reelcell status: how far the parts of a plan are.
#include <algorithm>
#include <iostream>

#include "command.hpp"
#include "groups/build_groups.hpp"
#include "groups/common.hpp"
#include "reelcell/pipeline/cluster.hpp"
#include "render/parts.hpp"

namespace reelcell::cli {
namespace {

class StatusCommand : public Command {
 public:
  std::string name() const override { return "status"; }
  std::string summary() const override {
    return "Show how far each part of a plan is and what failed in it.";
  }
  std::string examples() const override {
    return "  reelcell status --plan plan\n  reelcell status --plan plan --json";
  }
  void setup(CLI::App& app) override {
    plan_.setup(app);
    json_.setup(app);
  }
  Outcome run() override {
    const auto parts = pipeline::plan_status(plan_.folder);
    const auto quarantined = pipeline::plan_quarantined(plan_.folder);
    if (json_.json)
      print_json(parts_json(parts, quarantined));
    else
      std::cout << parts_table(parts, quarantined);
    return any_failed(parts, quarantined) ? Outcome::kDataLost : Outcome::kDone;
  }

 private:
  PlanOption plan_;
  JsonOption json_;
};

}  // namespace

std::unique_ptr<Command> status_command() { return std::make_unique<StatusCommand>(); }

}  // namespace reelcell::cli
