// reelcell replay: draw what the timeline believes, for a person to check.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <iostream>

#include "command.hpp"
#include "groups/common.hpp"
#include "groups/recipe_group.hpp"
#include "groups/repeatable.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/pipeline/build.hpp"
#include "reelcell/replay/render.hpp"
#include "render/diagnostics.hpp"
#include "render/progress_bar.hpp"
#include "render/table.hpp"

namespace reelcell::cli {
namespace {

/// What is written does not follow the name, so the name must say what is written.
CLI::Validator ends_in(const std::string& ending, const std::string& what) {
  return {[ending, what](std::string& file) {
            std::string found = fs::path(file).extension().string();
            std::transform(found.begin(), found.end(), found.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
            return found == ending ? std::string()
                                   : "'" + file + "' does not end in " + ending + ": " + what +
                                         ", and no other format";
          },
          ""};
}

class ReplayCommand : public Command {
 public:
  std::string name() const override { return "replay"; }
  std::string summary() const override {
    return "Draw a session's cameras, segments, events and signals into a video or a contact "
           "sheet.";
  }
  std::string examples() const override {
    return "  reelcell replay build/sample/session --recipe samples/recipe.json --end 2s --render "
           "replay.mp4\n"
           "  reelcell replay build/sample/session --recipe samples/recipe.json --sheet sheet.png";
  }

  void setup(CLI::App& app) override {
    app.add_option("session", input_, "Session folder, recording or data set")
        ->required()
        ->type_name("PATH");
    app.add_option("--session", session_, "Of a data set or a folder of many: the session to draw")
        ->type_name("ID");
    recipe_.setup(app, false);
    app.add_option("--start", start_, "Where to begin, from the start of the session (default 0s)")
        ->type_name("DURATION");
    app.add_option("--end", end_, "Where to stop, from the start of the session (default its end)")
        ->type_name("DURATION");
    setup_outputs(app);
    setup_picture(app);
    json_.setup(app, "Print what was written as JSON");
  }

  Outcome run() override {
    ProgressBar progress;
    Diagnostics losses;
    const pipeline::SessionRef ref = choose_session();
    // One Diagnostics outlives all that was opened from the session.
    {
      const auto session = pipeline::OpenSession::open(ref, losses, true);
      const auto signals = session->signals();
      replay::Scene scene = make_scene(*session, *signals);
      scene.segments = segments_of(ref, scene.extent, losses, progress);
      Json written = sheet_.empty() ? render(scene, progress) : draw_sheet(scene, progress);
      if (json_.json) {
        written["version"] = 1;
        print_json(written);
      }
    }
    print_diagnostics(losses);
    return losses.has_loss() ? Outcome::kDataLost : Outcome::kDone;
  }

 private:
  void setup_outputs(CLI::App& app) {
    auto* outputs = app.add_option_group("output", "What to draw (one of these)");
    outputs->add_option("--render", render_, "Write a video (MP4, H.264)")
        ->type_name("FILE")
        ->check(ends_in(".mp4", "the video is an MP4"));
    outputs
        ->add_option("--sheet", sheet_, "Write a contact sheet (PNG): the middle of each segment")
        ->type_name("FILE")
        ->check(ends_in(".png", "the contact sheet is a PNG"));
    outputs->require_option(1);
  }
  void setup_picture(CLI::App& app) {
    app.add_option("--fps", fps_, "Frames a second of the video")
        ->capture_default_str()
        ->check(CLI::Range(0.1, 240.0));
    app.add_option("--height", height_, "Height of a camera's picture in the video, px")
        ->capture_default_str()
        ->check(CLI::Range(64, 2160));
    app.add_option("--window", window_, "Length of the lanes and strips of the video")
        ->capture_default_str()
        ->type_name("DURATION");
    app.add_option("--tolerance", tolerance_,
                   "Show no frame that is further from the time asked for (default: the median "
                   "period of each camera)")
        ->type_name("DURATION");
    repeatable(
        app.add_option("--signals", signals_,
                       "Signals to plot: joints.q or joints.q[3] (default: the first 8 numeric "
                       "columns, floats first)")
            ->delimiter(',')
            ->type_name("LIST"));
    app.add_option("--camera", camera_, "Camera of the contact sheet (default: the first)")
        ->type_name("STREAM");
  }

  pipeline::SessionRef choose_session() const {
    const auto sessions = pipeline::find_sessions({input_});
    std::vector<std::string> ids;
    for (const auto& ref : sessions) {
      if (ref.id == session_ || (session_.empty() && sessions.size() == 1)) return ref;
      // 'info' calls the episodes of one data set by their own names.
      if (!session_.empty() && ref.episode == session_ && ref.path == sessions.front().path &&
          ref.path == sessions.back().path)
        return ref;
      ids.push_back(ref.id);
    }
    if (!session_.empty()) throw InputError("--session", unknown_name("session", session_, ids));
    constexpr std::size_t kMostListed = 20;
    const std::size_t count = ids.size();
    if (count > kMostListed) ids.resize(kMostListed);
    throw InputError(input_, fmt::format("holds {} sessions, replay draws one; choose it with "
                                         "--session: {}{}",
                                         count, list_of(ids), count > kMostListed ? ", .." : ""));
  }

  replay::Scene make_scene(const pipeline::OpenSession& session, SessionSignals& signals) const {
    replay::Scene scene;
    scene.extent = session.extent();
    for (const StreamSpec& stream : session.session().streams)
      if (stream.kind == StreamKind::kVideo)
        scene.cameras.push_back(
            {stream.name, session.video(stream.name), session.frame_times(stream.name)});
    scene.shown = replay::choose_signals(session.session(), signals_);
    scene.signals = &signals;
    scene.diagnostics = &session.losses();
    return scene;
  }

  /// Segments and labels by the recipe; the whole session as one without a recipe.
  std::vector<Segment> segments_of(const pipeline::SessionRef& ref, TimeRange extent,
                                   Diagnostics& losses, Progress& progress) const {
    std::vector<Segment> segments;
    if (recipe_.file.empty()) {
      Segment& whole = segments.emplace_back();
      whole.range = extent;
      whole.kind = whole.name = "session";
      return segments;
    }
    const auto plan = pipeline::plan_build({{input_}, recipe_.read(), 1}, progress);
    for (const auto& quarantined : plan.quarantined)
      if (quarantined.id == ref.id) losses.loss("session-quarantined", ref.id, quarantined.reason);
    for (const auto& candidate : plan.candidates)
      if (plan.sessions[candidate.session].id == ref.id)
        segments.push_back(with_units(candidate.segment, plan));
    std::stable_sort(segments.begin(), segments.end(), [](const Segment& a, const Segment& b) {
      return a.range.start < b.range.start;
    });
    return segments;
  }

  /// Measured labels as they are drawn: "23.1 N".
  static Segment with_units(Segment segment, const pipeline::BuildPlan& plan) {
    for (Label& label : segment.labels) {
      const auto unit = plan.label_units.find(label.name);
      if (unit == plan.label_units.end() || unit->second == "-") continue;
      if (unit->second.find(" / ") != std::string::npos) continue;  // of other sessions, too
      if (const auto* number = std::get_if<double>(&label.value))
        label.value = fmt::format("{:.4g} {}", *number, unit->second);
      else if (const auto* whole = std::get_if<std::int64_t>(&label.value))
        label.value = fmt::format("{} {}", *whole, unit->second);
    }
    return segment;
  }

  TimeRange range_of(TimeRange extent) const {
    TimeRange range = extent;
    if (!start_.empty()) range.start += parse_duration(start_);
    if (!end_.empty()) range.end = std::min(extent.end, extent.start + parse_duration(end_));
    range.start = std::max(range.start, extent.start);
    if (range.empty())
      throw PlanError(
          fmt::format("--start and --end leave nothing of the session, which is {} long",
                      human_seconds(extent.length())));
    return range;
  }

  Json render(const replay::Scene& scene, Progress& progress) const {
    replay::RenderOptions options;
    options.rate = rate_from_number(fps_);
    options.tile_height = height_;
    options.range = range_of(scene.extent);
    options.window = parse_duration(window_);
    if (options.window <= Nanos{0}) throw InputError("--window", "must be longer than 0");
    if (!tolerance_.empty()) options.tolerance = parse_duration(tolerance_);
    const auto report = replay::render_video(scene, options, render_, progress);
    Json cameras = Json::array();
    Table table({"camera", "frames shown", "no frame", "unreadable", "largest difference ms"});
    for (const auto& camera : report.cameras) {
      const double largest_ms = static_cast<double>(camera.largest_difference.count()) * 1e-6;
      cameras.push_back({{"name", camera.name},
                         {"tolerance_ms", static_cast<double>(camera.tolerance.count()) * 1e-6},
                         {"shown", camera.shown},
                         {"missing", camera.missing},
                         {"unreadable", camera.unreadable},
                         {"largest_difference_ms", largest_ms}});
      table.add({camera.name, std::to_string(camera.shown), std::to_string(camera.missing),
                 std::to_string(camera.unreadable), fixed(largest_ms, 3)});
    }
    if (!json_.json)
      std::cout << fmt::format("{}: {} frames of {} x {}\n", render_, report.frames, report.width,
                               report.height)
                << table.text();
    return {{"file", render_},         {"frames", report.frames}, {"width", report.width},
            {"height", report.height}, {"bytes", report.bytes},   {"cameras", cameras}};
  }

  Json draw_sheet(const replay::Scene& scene, Progress& progress) const {
    replay::SheetOptions options;
    options.camera = camera_;
    options.range = range_of(scene.extent);
    const auto report = replay::render_sheet(scene, options, sheet_, progress);
    if (!json_.json)
      std::cout << fmt::format("{}: {} of {} segments, {} without a frame, {} x {}\n", sheet_,
                               report.tiles, report.segments, report.missing, report.width,
                               report.height);
    return {{"file", sheet_},
            {"segments", report.segments},
            {"tiles", report.tiles},
            {"missing", report.missing},
            {"columns", report.columns},
            {"width", report.width},
            {"height", report.height},
            {"bytes", report.bytes}};
  }

  std::string input_, session_, start_, end_, render_, sheet_, window_ = "6s", tolerance_, camera_;
  std::vector<std::string> signals_;
  double fps_ = 30;
  int height_ = 360;
  RecipeGroup recipe_;
  JsonOption json_;
};

}  // namespace

std::unique_ptr<Command> replay_command() { return std::make_unique<ReplayCommand>(); }

}  // namespace reelcell::cli
