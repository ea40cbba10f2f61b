// reelcell validate: check documents, sessions, corpora, data sets and recordings.
#include <iostream>

#include "command.hpp"
#include "groups/common.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/pipeline/validate.hpp"
#include "render/findings.hpp"

namespace reelcell::cli {
namespace {

class ValidateCommand : public Command {
 public:
  std::string name() const override { return "validate"; }
  std::string summary() const override {
    return "Check a document, session, corpus, data set or recording; list what is wrong.";
  }
  std::string examples() const override {
    return "  reelcell validate build/sample/corpus --deep\n"
           "  reelcell validate build/sample/corpus/lerobot --format junit > findings.xml";
  }
  void setup(CLI::App& app) override {
    app.add_option("paths", paths_, "What to check")->required()->type_name("PATH");
    app.add_flag("--deep", deep_,
                 "Also hash every file and decode every video at its episode borders");
    one_of(app.add_option("--format", format_, "How to print the findings (default text)"),
           "format", {"text", "json", "junit", "sarif"});
    one_of(app.add_option("--fail-on", fail_on_,
                          "Lowest level that makes the exit code 1 (default error)"),
           "level", {"note", "warning", "error", "never"});
    threads_.setup(app);
    json_.setup(app, "Same as --format json");
  }
  Outcome run() override {
    if (json_.json) format_ = "json";
    std::vector<Checked> all;
    for (const std::string& path : paths_) {
      Checked checked;
      checked.path = path;
      checked.kind = pipeline::validate_path(path, {deep_, threads_.value()}, checked.findings);
      all.push_back(std::move(checked));
    }
    std::cout << render_findings(all, format_);
    return fails(all) ? Outcome::kFailed : Outcome::kDone;
  }

 private:
  bool fails(const std::vector<Checked>& all) const {
    if (fail_on_ == "never") return false;
    const FindingLevel level = fail_on_ == "note"      ? FindingLevel::kNote
                               : fail_on_ == "warning" ? FindingLevel::kWarning
                                                       : FindingLevel::kError;
    for (const Checked& checked : all)
      for (const Finding& finding : checked.findings.all())
        if (finding.level >= level) return true;
    return false;
  }

  std::vector<std::string> paths_;
  std::string format_ = "text", fail_on_ = "error";
  bool deep_ = false;
  ThreadsOption threads_;
  JsonOption json_;
};

}  // namespace

std::unique_ptr<Command> validate_command() { return std::make_unique<ValidateCommand>(); }

}  // namespace reelcell::cli
