// reelcell align: what is known of the streams' times, how they meet on the grid, and the clocks
// measured from what the streams recorded.
#include <fmt/format.h>

#include <algorithm>
#include <iostream>

#include "command.hpp"
#include "groups/common.hpp"
#include "groups/recipe_group.hpp"
#include "groups/repeatable.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/pipeline/build.hpp"
#include "reelcell/pipeline/clocks.hpp"
#include "render/diagnostics.hpp"
#include "render/progress_bar.hpp"
#include "render/table.hpp"

namespace reelcell::cli {
namespace {

void print_streams(const timeline::AlignmentReport& report) {
  std::cout << fmt::format("{}: {} to {} s, {}\n", report.session,
                           format_seconds(report.extent.start.time_since_epoch()),
                           format_seconds(report.extent.end.time_since_epoch()),
                           human_seconds(report.extent.length()));
  Table table({"stream", "kind", "clock", "offset ms", "drift ppm", "samples", "rate Hz",
               "nominal Hz", "jitter p95 ms", "gaps", "longest gap ms", "skew p50 ms",
               "skew p95 ms", "skew max ms", "gap rows", "reused", "unused", "overlap %"});
  for (const auto& line : report.streams) {
    // Keys as in timeline::StreamTimeStats::to_json(); "/a/b" is a JSON pointer.
    const auto number = [&](const char* pointer, int digits) {
      const auto at = Json::json_pointer(pointer);
      const bool there = line.times.contains(at) && line.times.at(at).is_number();
      return there ? fixed(line.times.at(at).get<double>(), digits) : std::string("-");
    };
    const auto rate = [](const std::optional<double>& hz) { return hz ? fixed(*hz, 3) : "-"; };
    const auto longest = [&] {
      double ms = 0;
      const auto list = Json::json_pointer("/gaps/longest");
      if (!line.times.contains(list)) return std::string("-");
      for (const Json& gap : line.times.at(list)) ms = std::max(ms, gap.value("ms", 0.0));
      return fixed(ms, 1);
    };
    const bool joined = line.rows > 0;
    table.add({line.stream, line.kind, line.spec.stated ? line.spec.source : line.method,
               fixed(static_cast<double>(line.spec.offset.count()) * 1e-6, 3),
               fixed(line.spec.drift_ppm, 3), number("/samples", 0), rate(line.rate_hz),
               rate(line.nominal_rate_hz), number("/jitter_ms/p95", 3), number("/gaps/count", 0),
               longest(), joined ? fixed(line.skew_p50_ms, 3) : "-",
               joined ? fixed(line.skew_p95_ms, 3) : "-", joined ? fixed(line.skew_max_ms, 3) : "-",
               joined ? std::to_string(line.gap_rows) : "-",
               joined ? std::to_string(line.reused) : "-",
               joined ? std::to_string(line.unused) : "-", fixed(100 * line.overlap, 1)});
  }
  std::cout << table.text();
  for (const auto& line : report.streams)
    if (const std::string joined = describe(line.join); !joined.empty())
      std::cout << fmt::format("{}: the clock began anew; {}\n", line.stream, joined);
}

void print_clocks(const std::vector<pipeline::ClockMeasurement>& clocks) {
  Table table({"clock of", "against", "by", "method", "verdict", "offset ms", "+-", "drift ppm",
               "+-", "height", "2nd/1st", "stated is off ms"});
  for (const auto& m : clocks) {
    const auto& r = m.result;
    const auto known = [&](double value, int digits) {
      return r.measured() ? fixed(value, digits) : std::string("-");
    };
    table.add({m.stream, m.against, m.by == m.against_by ? m.by : m.by + "/" + m.against_by,
               m.method, std::string(to_string(r.verdict)),
               known(static_cast<double>(r.offset_ns) * 1e-6, 3), known(r.offset_interval_ms, 3),
               known(r.drift_ppm, 2), known(r.drift_interval_ppm, 2), fixed(r.height, 3),
               fixed(r.ratio, 3), m.stated_error_ms ? fixed(*m.stated_error_ms, 3) : "-"});
  }
  std::cout << '\n' << table.text();
  for (const auto& m : clocks) {
    if (m.against_assumed && m.result.measured())
      std::cout << fmt::format(
          "{}: the offset is to the clock of '{}', which nobody stated or measured\n", m.stream,
          m.against);
    if (!m.result.reason.empty()) std::cout << fmt::format("{}: {}\n", m.stream, m.result.reason);
    if (const std::string joined = describe(m.join); m.pairs && !joined.empty())
      std::cout << fmt::format("{}: the clock began anew; {}\n", m.stream, joined);
    if (m.result.measured() || m.result.candidates.size() < 2) continue;
    std::string list;
    for (const auto& c : m.result.candidates)
      list += fmt::format("{}{:.1f} ms ({:.2f})", list.empty() ? "" : ", ",
                          static_cast<double>(c.offset_ns) * 1e-6, c.height);
    std::cout << fmt::format("{}: candidates: {}\n", m.stream, list);
  }
}

class AlignCommand : public Command {
 public:
  std::string name() const override { return "align"; }
  std::string summary() const override {
    return "Report how a session's streams lie on its clock and on the grid, and measure clocks.";
  }
  std::string examples() const override {
    return "  reelcell align build/sample/session\n"
           "  reelcell align build/sample/session --recipe samples/recipe.json --json\n"
           "  reelcell align build/sample/session --measure\n"
           "  reelcell align build/sample/session --evidence front=motion:joints.q --fail-on "
           "ambiguous";
  }
  void setup(CLI::App& app) override {
    app.add_option("sessions", inputs_, "Session folders, recordings or data sets")
        ->required()
        ->type_name("PATH");
    recipe_.setup(app, false);
    const char* group = "Clocks";

    app.add_flag("--measure", measure_,
                 "Measure clocks from what the streams show: every stream whose clock names "
                 "its evidence in session.json, and every video")
        ->group(group);

    repeatable(app.add_option("--evidence", evidence_,
                              "Measure this stream's clock, by this evidence; may be repeated")
                   ->type_name("STREAM[=BY:AGAINST[:AGAINST_BY]]")
                   ->group(group));
    app.add_flag("--write", write_,
                 "Store what was measured in session.json; what is ambiguous is left "
                 "as it is")
        ->group(group);
    app.add_option("--html", html_,
                   "Write one self-contained page: correlations with their peaks, residuals, skew, "
                   "gaps, and frames beside the signals (of one session)")
        ->type_name("FILE")
        ->group(group);
    const char* gates = "Gates (exit code 1)";
    app.add_option("--max-skew-p95", max_skew_,
                   "Fail when a stream's p95 of |sample - grid row| is above it, such as 10ms "
                   "(default: none)")
        ->check([](const std::string& text) { return wrong_duration(text, Nanos(0)); })
        ->type_name("DURATION")
        ->group(gates);
    repeatable(
        app.add_option(
               "--fail-on", fail_on_,
               "Fail when the verdict on a clock is one of these: ambiguous, no_evidence; or "
               "when a clock is assumed; may be repeated")
            ->check(CLI::IsMember({"ambiguous", "no_evidence", "assumed"}))
            ->group(gates));
    json_.setup(app);
  }

  Outcome run() override {
    ProgressBar progress;
    const pipeline::Recipe recipe = recipe_.read();
    const bool measuring = measure_ || !evidence_.empty();
    if (write_ && !measuring)
      throw PlanError("--write stores what is measured; give --measure or --evidence as well");
    if (!measuring && (fails_on("ambiguous") || fails_on("no_evidence")))
      throw PlanError("--fail-on " + fail_on_.front() +
                      " is about clocks that are measured; give --measure or --evidence as well");
    limit_ = max_skew_.empty() ? Nanos(0) : parse_duration(max_skew_);
    Diagnostics diagnostics;
    Json all = Json::array();
    const auto found = pipeline::find_sessions({inputs_.begin(), inputs_.end()});
    if (!html_.empty() && found.size() != 1)
      throw PlanError("--html shows one session, and " + std::to_string(found.size()) +
                      " are given; name one");
    for (const auto& ref : found) {
      const auto session = pipeline::OpenSession::open(ref, diagnostics, true);
      const auto report = pipeline::align_session(*session, recipe.grid, progress);
      std::vector<pipeline::ClockMeasurement> clocks;
      if (measuring) clocks = pipeline::measure_clocks(*session, {evidence_, 1}, progress);
      check(report, clocks);
      if (!html_.empty()) write_file_atomic(html_, pipeline::clock_page(*session, report, clocks));
      if (write_) pipeline::write_clocks(ref.path, clocks);
      if (json_.json) {
        Json entry = timeline::to_json(report);
        if (measuring) {
          entry["clocks"] = Json::array();
          for (const auto& m : clocks) entry["clocks"].push_back(to_json(m));
        }
        all.push_back(std::move(entry));
      } else {
        print_streams(report);
        if (measuring) print_clocks(clocks);
      }
    }
    if (json_.json)
      print_json({{"version", 1},
                  {"sessions", all},
                  {"failures", failures_},
                  {"diagnostics", diagnostics_json(diagnostics)}});
    else
      print_diagnostics(diagnostics);
    for (const std::string& failure : failures_) std::cerr << "reelcell: " << failure << '\n';
    if (!failures_.empty()) return Outcome::kFailed;
    return diagnostics.has_loss() ? Outcome::kDataLost : Outcome::kDone;
  }

 private:
  bool fails_on(std::string_view verdict) const {
    return std::find(fail_on_.begin(), fail_on_.end(), verdict) != fail_on_.end();
  }
  /// The gates.
  void check(const timeline::AlignmentReport& report,
             const std::vector<pipeline::ClockMeasurement>& clocks) {
    for (const auto& m : clocks)
      if (!m.result.measured() && fails_on(to_string(m.result.verdict)))
        failures_.push_back(fmt::format("{}: the clock of '{}' is {}: {}", report.session, m.stream,
                                        to_string(m.result.verdict), m.result.reason));
    for (const auto& line : report.streams) {
      const bool measured = std::any_of(clocks.begin(), clocks.end(), [&](const auto& m) {
        return m.stream == line.stream && m.result.measured();
      });
      if (line.method == "assumed" && !measured && fails_on("assumed"))
        failures_.push_back(
            fmt::format("{}: the clock of '{}' is assumed; state it in session.json or measure it",
                        report.session, line.stream));
      if (limit_.count() > 0 && line.rows > 0 &&
          line.skew_p95_ms > static_cast<double>(limit_.count()) * 1e-6)
        failures_.push_back(
            fmt::format("{}: '{}' is {:.3f} ms off the grid at p95, at most {} are "
                        "allowed",
                        report.session, line.stream, line.skew_p95_ms, format_duration(limit_)));
    }
  }

  std::vector<std::string> inputs_, evidence_, fail_on_, failures_;
  std::string max_skew_, html_;
  Nanos limit_{0};
  bool measure_ = false, write_ = false;
  RecipeGroup recipe_;
  JsonOption json_;
};

}  // namespace

std::unique_ptr<Command> align_command() { return std::make_unique<AlignCommand>(); }

}  // namespace reelcell::cli
