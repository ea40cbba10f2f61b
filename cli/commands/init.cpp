// reelcell init: propose a session.json for a folder.
#include <iostream>

#include "command.hpp"
#include "groups/common.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/base/file.hpp"
#include "reelcell/pipeline/inspect.hpp"
#include "render/diagnostics.hpp"

namespace reelcell::cli {
namespace {

class InitCommand : public Command {
 public:
  std::string name() const override { return "init"; }
  std::string summary() const override {
    return "Look at a folder and write a session.json to edit.";
  }
  std::string examples() const override {
    return "  reelcell init run07 --dry-run\n  reelcell init run07 && $EDITOR run07/session.json";
  }
  void setup(CLI::App& app) override {
    app.add_option("folder", folder_, "Folder with one session's files")
        ->required()
        ->type_name("DIR");
    app.add_flag("-n,--dry-run", dry_run_, "Print the proposal; write nothing");
    app.add_option("--episode", episode_,
                   "Of a data set: the episode to describe (each is a session already)")
        ->type_name("NAME");
    app.add_flag("--force", force_, "Replace an existing session.json");
  }
  Outcome run() override {
    Diagnostics diagnostics;
    const Json proposal = pipeline::propose_session(folder_, {episode_, dry_run_}, diagnostics);
    const fs::path file = fs::path(folder_) / "session.json";
    if (dry_run_) {
      print_json(proposal);
    } else {
      if (fs::exists(file) && !force_)
        throw OutputError(
            file.string(),
            "exists already; --force replaces it, --dry-run only prints the proposal");
      write_file_atomic(file, dump_json(proposal));
      std::cout << file.string() << ": " << proposal["streams"].size()
                << " streams proposed; check names, units and clocks, then run 'reelcell align "
                << folder_ << "'\n";
    }
    print_diagnostics(diagnostics, true);
    return diagnostics.has_loss() ? Outcome::kDataLost : Outcome::kDone;
  }

 private:
  std::string folder_, episode_;
  bool dry_run_ = false, force_ = false;
};

}  // namespace

std::unique_ptr<Command> init_command() { return std::make_unique<InitCommand>(); }

}  // namespace reelcell::cli
