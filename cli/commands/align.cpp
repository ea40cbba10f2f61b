// reelcell align: what is known of the streams' times, and how they meet on the grid.
#include <fmt/format.h>

#include <algorithm>
#include <iostream>

#include "command.hpp"
#include "groups/common.hpp"
#include "groups/recipe_group.hpp"
#include "reelcell/pipeline/build.hpp"
#include "render/diagnostics.hpp"
#include "render/progress_bar.hpp"
#include "render/table.hpp"

namespace reelcell::cli {
namespace {

class AlignCommand : public Command {
 public:
  std::string name() const override { return "align"; }
  std::string summary() const override {
    return "Report how a session's streams lie on its clock and on the grid.";
  }
  std::string examples() const override {
    return "  reelcell align build/sample/session\n"
           "  reelcell align build/sample/session --recipe samples/recipe.json --json";
  }
  void setup(CLI::App& app) override {
    app.add_option("sessions", inputs_, "Session folders, recordings or data sets")
        ->required()
        ->type_name("PATH");
    recipe_.setup(app, false);
    json_.setup(app);
  }

  Outcome run() override {
    ProgressBar progress;
    const pipeline::Recipe recipe = recipe_.read();
    Diagnostics diagnostics;
    Json all = Json::array();
    for (const auto& ref : pipeline::find_sessions({inputs_.begin(), inputs_.end()})) {
      const auto session = pipeline::OpenSession::open(ref, diagnostics, true);
      const auto report = pipeline::align_session(*session, recipe.grid, progress);
      if (json_.json)
        all.push_back(timeline::to_json(report));
      else
        print(report);
    }
    if (json_.json)
      print_json({{"sessions", all}, {"diagnostics", diagnostics_json(diagnostics)}});
    else
      print_diagnostics(diagnostics);
    return diagnostics.has_loss() ? Outcome::kDataLost : Outcome::kDone;
  }

 private:
  static void print(const timeline::AlignmentReport& report) {
    std::cout << fmt::format("{}: {} to {} s, {}\n", report.session,
                             format_seconds(report.extent.start.time_since_epoch()),
                             format_seconds(report.extent.end.time_since_epoch()),
                             human_seconds(report.extent.length()));
    Table table({"stream", "kind", "clock", "offset ms", "drift ppm", "samples", "rate Hz",
                 "jitter p95 ms", "gaps", "longest gap ms", "skew p50 ms", "p95", "max", "gap rows",
                 "reused", "unused", "overlap %"});
    for (const auto& line : report.streams) {
      // Keys as in timeline::StreamTimeStats::to_json(); "/a/b" is a JSON pointer.
      const auto number = [&](const char* pointer, int digits) {
        const auto at = Json::json_pointer(pointer);
        const bool there = line.times.contains(at) && line.times.at(at).is_number();
        return there ? fixed(line.times.at(at).get<double>(), digits) : std::string("-");
      };
      const auto longest = [&] {
        double ms = 0;
        const auto list = Json::json_pointer("/gaps/longest");
        if (!line.times.contains(list)) return std::string("-");
        for (const Json& gap : line.times.at(list)) ms = std::max(ms, gap.value("ms", 0.0));
        return fixed(ms, 1);
      };
      const bool joined = line.rows > 0;
      table.add(
          {line.stream, line.kind, line.spec.stated ? line.spec.source : line.method,
           fixed(static_cast<double>(line.spec.offset.count()) * 1e-6, 3),
           fixed(line.spec.drift_ppm, 3), number("/samples", 0), number("/rate_hz", 3),
           number("/jitter_ms/p95", 3), number("/gaps/count", 0), longest(),
           joined ? fixed(line.skew_p50_ms, 3) : "-", joined ? fixed(line.skew_p95_ms, 3) : "-",
           joined ? fixed(line.skew_max_ms, 3) : "-", joined ? std::to_string(line.gap_rows) : "-",
           joined ? std::to_string(line.reused) : "-", joined ? std::to_string(line.unused) : "-",
           fixed(100 * line.overlap, 1)});
    }
    std::cout << table.text();
  }

  std::vector<std::string> inputs_;
  RecipeGroup recipe_;
  JsonOption json_;
};

}  // namespace

std::unique_ptr<Command> align_command() { return std::make_unique<AlignCommand>(); }

}  // namespace reelcell::cli
