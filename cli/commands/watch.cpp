// reelcell watch: sessions into a corpus as they arrive.
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
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
#include "reelcell/base/error.hpp"
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
    int signal = 0;
    do {  // a process that was stopped and goes on waits anew
      signal = sigtimedwait(&set_, nullptr, &limit);
    } while (signal < 0 && errno == EINTR);
    if (signal == SIGTERM) return "SIGTERM";
    return signal == SIGINT ? "SIGINT" : "";
  }

 private:
  sigset_t set_;
};

constexpr Nanos kLeastWait = std::chrono::milliseconds(10);

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
        ->type_name("DURATION")
        ->check([](const std::string& text) { return wrong_duration(text, Nanos(0)); });
    app.add_option("--every", every_, "Look again after this time (default 10s; at least 10ms)")
        ->type_name("DURATION")
        ->check([](const std::string& text) { return wrong_duration(text, kLeastWait); });
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
    pipeline::clear_up_after_kill(out_);
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
  using SessionRef = pipeline::SessionRef;
  using Sessions = std::vector<SessionRef>;

  /// Adds what is whole and not in the corpus; tells, once each, what waits and why.
  void take(const pipeline::Arrivals::Look& look, const pipeline::PlanRequest& planned,
            const pipeline::BuildRequest& request) {
    for (const auto& [name, reason, settling, refused] : look.waiting) {
      if (refused) {
        refuse(name, reason);
        continue;
      }
      // Most of what settles is what the corpus holds, seen for the first time.
      if (told_[name] == reason || (settling && !(once_ && looked_twice_))) continue;
      told_[name] = reason;
      tell({{"event", "waiting"}, {"session", name}, {"reason", reason}}, name + ": " + reason);
    }
    if (look.state == handled_) return;
    handled_ = look.state;
    const Sessions fresh = new_ones(look.whole, planned);
    if (fresh.empty() || add(fresh, planned, request) || fresh.size() == 1) return;
    for (const SessionRef& ref : fresh) add({ref}, planned, request);
  }

  /// False when they cannot be added together. What is wrong with one alone is told, and it is left
  /// out until it changes; what is wrong with the corpus or the recipe ends the command.
  bool add(const Sessions& sessions, pipeline::PlanRequest planned,
           const pipeline::BuildRequest& request) {
    for (const SessionRef& ref : sessions) planned.inputs.push_back(ref.path);
    try {
      report([&] {
        ProgressBar progress;
        const StopSignals::LetThrough killable(*signals_);
        return pipeline::add_sessions(std::move(planned), request, progress);
      }());
      return true;
    } catch (const InputError& error) {
      if (is_of_corpus(error)) throw;
      if (sessions.size() == 1) refuse(sessions.front().id, error.what());
    } catch (const PlanError& error) {
      if (other_corpus_) throw;
      if (sessions.size() == 1) refuse(sessions.front().id, error.what());
    }
    return false;
  }

  /// It is the corpus that cannot be read: no session is to blame.
  bool is_of_corpus(const Error& error) const {
    return error.where().starts_with((fs::path(out_) / "").string());
  }

  Sessions new_ones(const Sessions& whole, const pipeline::PlanRequest& planned) {
    std::error_code error;
    if (whole.empty() || !fs::exists(fs::path(out_) / "corpus.json", error)) return whole;
    pipeline::PlanRequest request = planned;
    for (const SessionRef& ref : whole) request.inputs.push_back(ref.path);
    try {
      return new_ones_of(whole, [&] {
        const StopSignals::LetThrough killable(*signals_);
        return pipeline::compare_with_corpus(request, out_);
      }());
    } catch (const Error& bad) {
      if (dynamic_cast<const OutputError*>(&bad) || is_of_corpus(bad)) throw;
      if (whole.size() == 1) refuse(whole.front().id, bad.what());
    }
    Sessions fresh;  // one of them has no place in the corpus: which?
    if (whole.size() > 1)
      for (const SessionRef& ref : whole)
        for (SessionRef& one : new_ones({ref}, planned)) fresh.push_back(std::move(one));
    return fresh;
  }

  Sessions new_ones_of(const Sessions& whole, const pipeline::CorpusDelta& delta) {
    other_corpus_ = !delta.recipe.empty() || !delta.damage.empty();
    for (const auto& kept : {delta.changed, delta.unknown})
      for (const std::string& id : kept)
        refuse(id, pipeline::why_kept(delta, id) +
                       "; 'reelcell build --add --replace' builds it anew in its place");
    for (const pipeline::UnhashedSource& unhashed : delta.unhashed)
      refuse(unhashed.session, pipeline::why_not_comparable(unhashed));
    Sessions fresh;
    for (const SessionRef& ref : whole)
      if (std::find(delta.added.begin(), delta.added.end(), ref.id) != delta.added.end())
        fresh.push_back(ref);
    return fresh;
  }

  /// What arrived is not in the corpus: data of it is missing there.
  void refuse(const std::string& id, const std::string& reason) {
    lost_ = true;
    std::string& told = told_["id " + id];
    if (told == reason) return;
    told = reason;
    tell({{"event", "refused"}, {"session", id}, {"reason", reason}}, id + ": " + reason);
  }

  void report(const pipeline::AddResult& result) {
    if (result.build.nothing_to_do) return;
    const pipeline::BuildReport& report = result.build.report;
    const std::set<std::string> added(result.delta.added.begin(), result.delta.added.end());
    Json quarantined = Json::array();
    std::string reasons;
    for (const auto& session : report.quarantined) {
      if (!added.contains(session.id)) continue;
      quarantined.push_back({{"session", session.id}, {"reason", session.reason}});
      reasons += fmt::format("\n  {}: quarantined: {}", session.id, session.reason);
    }
    std::string text = fmt::format(
        "{}: {} added, {}{} now", out_, counted(added.size() - quarantined.size(), "session"),
        quarantined.empty() ? "" : std::to_string(quarantined.size()) + " quarantined, ",
        counted(report.episodes, "episode"));
    text += reasons;
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
  bool other_corpus_ = false;  ///< than the recipe makes, or a damaged one
  std::map<std::string, std::string> told_;
  std::string handled_;  ///< state of what was looked at last
};

}  // namespace

std::unique_ptr<Command> watch_command() { return std::make_unique<WatchCommand>(); }

}  // namespace reelcell::cli
