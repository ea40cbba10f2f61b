// reelcell watch: sessions into a corpus as they arrive.
#include <fmt/format.h>

#include <csignal>
#include <ctime>
#include <iostream>
#include <map>
#include <optional>
#include <set>

#include "command.hpp"
#include "groups/build_groups.hpp"
#include "groups/common.hpp"
#include "groups/recipe_group.hpp"
#include "reelcell/base/options.hpp"
#include "reelcell/base/time.hpp"
#include "reelcell/pipeline/add.hpp"
#include "reelcell/pipeline/watch.hpp"
#include "render/diagnostics.hpp"
#include "render/progress_bar.hpp"

namespace reelcell::cli {
namespace {

/// SIGTERM and SIGINT end a wait at once, also when they came just before it. While a build is at
/// work they have their usual effect: it is made to be killed, and the next start goes on.
class StopSignals {
 public:
  StopSignals() {
    sigemptyset(&set_);
    sigaddset(&set_, SIGTERM);
    sigaddset(&set_, SIGINT);
    sigprocmask(SIG_BLOCK, &set_, nullptr);
  }
  /// Lets them through as long as it lives.
  class LetThrough {
   public:
    explicit LetThrough(const StopSignals& signals) : set_(signals.set_) {
      sigprocmask(SIG_UNBLOCK, &set_, nullptr);
    }
    ~LetThrough() { sigprocmask(SIG_BLOCK, &set_, nullptr); }
    LetThrough(const LetThrough&) = delete;
    LetThrough& operator=(const LetThrough&) = delete;

   private:
    sigset_t set_;
  };
  /// The signal's name, "" when the time is over.
  std::string wait(std::chrono::nanoseconds time) const {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time);
    timespec limit{};
    limit.tv_sec = static_cast<std::time_t>(seconds.count());
    limit.tv_nsec = static_cast<long>((time - seconds).count());
    const int signal = sigtimedwait(&set_, nullptr, &limit);
    if (signal == SIGTERM) return "SIGTERM";
    return signal == SIGINT ? "SIGINT" : "";
  }

 private:
  sigset_t set_;
};

class WatchCommand : public Command {
 public:
  std::string name() const override { return "watch"; }
  std::string summary() const override { return "Build sessions into a corpus as they arrive."; }
  std::string examples() const override {
    return "  reelcell watch incoming --recipe samples/recipe.json --out corpus --once --settle "
           "2s\n"
           "  reelcell watch incoming --recipe samples/recipe.json --out corpus --once --marker "
           "done.txt --json";
  }
  void setup(CLI::App& app) override {
    app.add_option("folder", folder_, "Folder in which sessions arrive")
        ->required()
        ->type_name("DIR");
    app.add_option("-o,--out", out_, "Folder of the corpus: new, empty, or one that was begun so")
        ->required()
        ->type_name("DIR");
    recipe_.setup(app, false);
    app.add_option("--marker", marker_,
                   "Take a session when this file is in its folder (RECORDING.NAME beside a single "
                   "file), whatever its age (default: none)")
        ->type_name("NAME");
    app.add_option("--settle", settle_,
                   "Without a marker: take a session when nothing of it changed for so long "
                   "(default 30s; 0s = at once)")
        ->type_name("DURATION");
    app.add_option("--every", every_, "Look again after this time (default 10s)")
        ->type_name("DURATION");
    app.add_flag("--once", once_, "Build what is there and whole, then end: for cron and CI");
    threads_.setup(app);
    memory_.setup(app);
    json_.setup(app, "Print one JSON object a line for each thing that happens");
  }

  Outcome run() override {
    pipeline::PlanRequest planned{{}, recipe_.read(), threads_.value()};
    pipeline::BuildRequest request;
    request.out = out_;
    request.threads = threads_.value();
    request.memory = memory_.value();
    pipeline::ArrivalOptions options{folder_, marker_, {}};
    options.settle = std::chrono::ceil<std::chrono::milliseconds>(parse_duration(settle_));
    const Nanos every = parse_duration(every_);
    pipeline::Arrivals arrivals(options, planned.recipe);
    signals_.emplace();
    for (;;) {
      const auto look = arrivals.look();
      take(look, planned, request);
      if (once_ && (looked_twice_ || !look.settling())) break;
      looked_twice_ = true;
      const Nanos wait = once_ ? Nanos(options.settle) : every;
      if (const std::string signal = signals_->wait(wait); !signal.empty()) {
        tell({{"event", "stopped"}, {"signal", signal}}, "stopped by " + signal);
        break;
      }
    }
    return lost_ ? Outcome::kDataLost : Outcome::kDone;
  }

 private:
  /// Adds what is whole and not in the corpus; tells, once each, what waits and why.
  void take(const pipeline::Arrivals::Look& look, pipeline::PlanRequest planned,
            const pipeline::BuildRequest& request) {
    for (const auto& [name, reason, settling] : look.waiting) {
      // Most of what settles is what the corpus holds, seen for the first time.
      if (told_[name] == reason || (settling && !(once_ && looked_twice_))) continue;
      told_[name] = reason;
      tell({{"event", "waiting"}, {"session", name}, {"reason", reason}}, name + ": " + reason);
    }
    if (look.state == handled_) return;
    const std::set<std::string> fresh = new_ones(look.whole, planned);
    handled_ = look.state;
    if (fresh.empty()) return;
    for (const SessionRef& ref : look.whole)
      if (fresh.contains(ref.id)) planned.inputs.push_back(ref.path);
    ProgressBar progress;
    const StopSignals::LetThrough killable(*signals_);
    const auto result = pipeline::add_sessions(std::move(planned), request, progress);
    report(result);
  }

  using SessionRef = pipeline::SessionRef;
  std::set<std::string> new_ones(const std::vector<SessionRef>& whole,
                                 pipeline::PlanRequest planned) {
    std::set<std::string> fresh;
    if (whole.empty()) return fresh;
    std::error_code error;
    if (!fs::exists(fs::path(out_) / "corpus.json", error)) {
      for (const SessionRef& ref : whole) fresh.insert(ref.id);
      return fresh;
    }
    for (const SessionRef& ref : whole) planned.inputs.push_back(ref.path);
    const auto delta = pipeline::compare_with_corpus(planned, out_);
    for (const std::string& id : delta.changed) {
      const std::string reason =
          "has changed since it was built, or is another one with its id; the corpus keeps what it "
          "has";
      if (told_[id] == reason) continue;
      told_[id] = reason;
      tell({{"event", "refused"}, {"session", id}, {"reason", reason}}, id + ": " + reason);
    }
    fresh.insert(delta.added.begin(), delta.added.end());
    return fresh;
  }

  void report(const pipeline::AddResult& result) {
    if (result.build.nothing_to_do) return;
    const pipeline::BuildReport& report = result.build.report;
    const std::set<std::string> added(result.delta.added.begin(), result.delta.added.end());
    Json quarantined = Json::array();
    std::string text = fmt::format("{}: {} added, {} now", out_, counted(added.size(), "session"),
                                   counted(report.episodes, "episode"));
    for (const auto& session : report.quarantined) {
      if (!added.contains(session.id)) continue;
      quarantined.push_back({{"session", session.id}, {"reason", session.reason}});
      text += fmt::format("\n  {}: quarantined: {}", session.id, session.reason);
    }
    lost_ = lost_ || result.build.losses->has_loss();
    tell({{"event", "added"},
          {"sessions", result.delta.added},
          {"quarantined", quarantined},
          {"episodes_before", result.delta.episodes},
          {"episodes", report.episodes},
          {"rows", report.rows},
          {"diagnostics", diagnostics_json(*result.build.losses)}},
         text);
    if (!json_.json) print_diagnostics(*result.build.losses);
  }

  void tell(Json event, const std::string& text) const {
    if (!json_.json) {
      std::cout << text << std::endl;
      return;
    }
    Json line = {{"version", 1}};
    line.update(event);
    std::cout << line.dump(-1, ' ', false, Json::error_handler_t::replace) << std::endl;
  }

  std::optional<StopSignals> signals_;  ///< from run() on
  std::string folder_, out_, marker_, settle_ = "30s", every_ = "10s";
  MemoryOption memory_;
  RecipeGroup recipe_;
  ThreadsOption threads_;
  JsonOption json_;
  bool once_ = false, looked_twice_ = false, lost_ = false;
  std::map<std::string, std::string> told_;
  std::string handled_;  ///< state of what was looked at last
};

}  // namespace

std::unique_ptr<Command> watch_command() { return std::make_unique<WatchCommand>(); }

}  // namespace reelcell::cli
