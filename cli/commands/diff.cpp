// reelcell diff: what changed between two corpora.
#include <fmt/format.h>

#include <iostream>

#include "command.hpp"
#include "groups/common.hpp"
#include "reelcell/pipeline/diff.hpp"
#include "render/progress_bar.hpp"

namespace reelcell::cli {
namespace {

class DiffCommand : public Command {
 public:
  std::string name() const override { return "diff"; }
  std::string summary() const override {
    return "Say what changed between two corpora or data sets; exit code 1 when anything did.";
  }
  std::string examples() const override {
    return "  reelcell diff build/sample/corpus edited\n"
           "  reelcell diff monday tuesday --manifest-only --json";
  }
  void setup(CLI::App& app) override {
    app.add_option("before", before_, "Corpus or LeRobot data set")->required()->type_name("A");
    app.add_option("after", after_, "Corpus or LeRobot data set")->required()->type_name("B");
    app.add_flag("--manifest-only", manifest_only_, "Do not compare rows and packets");
    threads_.setup(app);
    json_.setup(app);
  }
  Outcome run() override {
    ProgressBar progress;
    const Json diff =
        pipeline::diff_corpora({before_, after_, manifest_only_, threads_.value()}, progress);
    if (json_.json)
      print_json(diff);
    else
      print(diff);
    return diff["equal"].get<bool>() ? Outcome::kDone : Outcome::kFailed;
  }

 private:
  static void print(const Json& diff) {
    const Json& samples = diff["samples"];
    for (const Json& key : samples["removed"]) std::cout << "- " << key.get<std::string>() << "\n";
    for (const Json& key : samples["added"]) std::cout << "+ " << key.get<std::string>() << "\n";
    for (const auto& [key, changes] : samples["changed"].items()) {
      std::cout << "~ " << key << "\n";
      for (const Json& change : changes) std::cout << "    " << change.get<std::string>() << "\n";
    }
    print_schema(diff);
    std::cout << fmt::format("{} samples, then {}: {} same, {} changed, {} removed, {} added\n",
                             samples["before"].get<std::size_t>(),
                             samples["after"].get<std::size_t>(),
                             samples["same"].get<std::size_t>(), samples["changed"].size(),
                             samples["removed"].size(), samples["added"].size());
  }

  static void print_schema(const Json& diff) {
    for (const Json& name : diff["features"]["removed"])
      std::cout << "feature removed: " << name.get<std::string>() << "\n";
    for (const Json& name : diff["features"]["added"])
      std::cout << "feature added: " << name.get<std::string>() << "\n";
    for (const auto& [name, change] : diff["features"]["changed"].items())
      std::cout << "feature changed: " << name << ": " << change["before"].dump() << " -> "
                << change["after"].dump() << "\n";
    if (diff["rate"]["before"] != diff["rate"]["after"])
      std::cout << "rate: " << diff["rate"]["before"].get<std::string>() << " -> "
                << diff["rate"]["after"].get<std::string>() << "\n";
    for (const char* part : {"recipe", "outputs"})
      for (const Json& change : diff[part])
        std::cout << fmt::format("{}{}: {} -> {}\n", part, change["at"].get<std::string>(),
                                 change["before"].dump(), change["after"].dump());
    for (const auto& [folder, features] : diff["statistics"].items())
      for (const Json& feature : features)
        std::cout << fmt::format("statistics: {}: {}\n", folder, feature.get<std::string>());
  }

  std::string before_, after_;
  bool manifest_only_ = false;
  ThreadsOption threads_;
  JsonOption json_;
};

}  // namespace

std::unique_ptr<Command> diff_command() { return std::make_unique<DiffCommand>(); }

}  // namespace reelcell::cli
