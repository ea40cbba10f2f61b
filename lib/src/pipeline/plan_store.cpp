#include "internal/plan_store.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <set>

#include "internal/check_plan.hpp"
#include "internal/codec.hpp"
#include "internal/cut_segments.hpp"
#include "internal/features.hpp"
#include "internal/identity.hpp"
#include "internal/isolate.hpp"
#include "internal/place_objects.hpp"
#include "internal/placeless.hpp"
#include "internal/spool.hpp"
#include "internal/stills.hpp"
#include "internal/unreachable.hpp"
#include "internal/watched_signals.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/curate/registry.hpp"

namespace reelcell::pipeline {
namespace {

std::string clean_key(std::string text) {
  for (char& c : text)
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '_' && c != '-') c = '_';
  return text;
}

std::string attribute_text(const SessionDescription& session, const char* name) {
  const Value* value = session.attribute(name);
  return value ? to_text(*value) : "";
}

/// A segmenter names a frame by its ordinal ("evidence.front.ordinal"); a frame's identity in the
/// corpus is its pts.
void add_frame_pts(const OpenSession& session, Segment& segment) {
  constexpr std::string_view kStart = "evidence.", kEnd = ".ordinal";
  std::vector<std::pair<std::string, Value>> attributes;
  for (auto& [name, value] : segment.attributes) {
    const auto* const ordinal = std::get_if<std::int64_t>(&value);
    const bool frame = ordinal && name.starts_with(kStart) && name.ends_with(kEnd) &&
                       name.size() > kStart.size() + kEnd.size();
    const std::string prefix = name.substr(0, name.size() - (frame ? kEnd.size() : 0));
    const std::int64_t at = frame ? *ordinal : 0;
    attributes.emplace_back(std::move(name), std::move(value));
    if (!frame) continue;
    const FrameTable& table = session.video(prefix.substr(kStart.size()))->frames();
    attributes.emplace_back(prefix + ".pts", table.frames.at(static_cast<std::size_t>(at)).pts);
  }
  segment.attributes = std::move(attributes);
}

/// Streams whose true times go into the corpus: those that features read, in feature order.
std::vector<std::string> streams_of(const std::vector<ResolvedFeature>& features) {
  std::vector<std::string> streams;
  const auto add = [&](const std::string& name) {
    if (std::find(streams.begin(), streams.end(), name) == streams.end()) streams.push_back(name);
  };
  for (const ResolvedFeature& feature : features) {
    if (!feature.video.empty()) add(feature.video);
    for (const ColumnRef& part : feature.parts) add(part.stream);
  }
  return streams;
}

/// Label files that do not fit, or that nothing would show, are told before anything is built.
void check_objects(const Recipe& recipe, const std::vector<ResolvedFeature>& features,
                   const OpenSession& session) {
  place_objects(recipe, session, session.losses());
  for (const OptionValues& rule : recipe.objects)
    if (std::none_of(features.begin(), features.end(), [&](const ResolvedFeature& feature) {
          return feature.video == rule.text("camera");
        }))
      throw InputError(rule.where() + "/camera",
                       "no feature shows '" + rule.text("camera") + "'; add it to \"features\"");
}

/// What a source of unknown rate is taken for, in bytes a second: a folder's size is that of many
/// sessions.
constexpr std::uint64_t kFolderVideoRate = 1'000'000, kFolderSeriesRate = 200'000;
/// Text becomes doubles, and rows stand beside native samples.
constexpr std::uint64_t kSeriesExpansion = 4;
/// Pictures that a decoder and an encoder with look-ahead hold at once.
constexpr std::uint64_t kPicturesHeld = 64;

/// How long the session is, from what the files' headers and the segments say.
double known_seconds(const OpenSession& session, const std::vector<CutSegment>& segments) {
  Nanos longest(1'000'000'000);
  if (!segments.empty()) {
    SessionTime end = segments.front().segment.range.end;
    for (const CutSegment& cut : segments) end = std::max(end, cut.segment.range.end);
    longest = std::max(longest, end - segments.front().segment.range.start);
  }
  for (const StreamSpec& spec : session.session().streams) {
    const StreamInfo& info = session.info(spec.name);
    if (info.first && info.last) longest = std::max(longest, *info.last - *info.first);
  }
  return std::chrono::duration<double>(longest).count();
}

void estimate_sizes(const OpenSession& session, double seconds, SessionPlan& plan) {
  std::set<fs::path> seen;
  for (const StreamSpec& spec : session.session().streams) {
    const bool video = spec.kind == StreamKind::kVideo;
    if (video && spec.video)
      plan.picture_bytes += static_cast<std::uint64_t>(spec.video->width) *
                            static_cast<std::uint64_t>(spec.video->height) * 3;
    const fs::path path = session.source_path(spec.name);
    if (!seen.insert(path).second) continue;
    std::error_code error;
    const auto bytes = fs::file_size(path, error);
    if (error)
      plan.bytes_per_second += video ? kFolderVideoRate : kFolderSeriesRate;
    else
      plan.bytes_per_second += static_cast<std::uint64_t>(static_cast<double>(bytes) / seconds) *
                               (video ? 2 : kSeriesExpansion);
  }
  // Rows, and the same rows coded: a grid may be much faster than what was recorded.
  std::int64_t row_bytes = 8;
  for (const FeatureSpec& feature : plan.features)
    row_bytes += 8 * (feature.is_video ? 1 : feature.shape.at(0));
  row_bytes += 24 * static_cast<std::int64_t>(plan.time_streams.size());
  plan.bytes_per_second += static_cast<std::uint64_t>(
      2 * static_cast<double>(row_bytes * plan.rate.num) / static_cast<double>(plan.rate.den));
}

std::uint64_t estimate(const SessionPlan& plan, TimeRange range) {
  const double seconds = std::chrono::duration<double>(range.length()).count();
  return static_cast<std::uint64_t>(seconds * static_cast<double>(plan.bytes_per_second)) +
         kPicturesHeld * plan.picture_bytes;
}

/// Declared before whatever reads the session, so it sees the losses when the reading has ended.
class LossesAtEnd {
 public:
  LossesAtEnd(const OpenSession& session, SessionPlan& plan) : session_(&session), plan_(&plan) {}
  ~LossesAtEnd() { plan_->losses = session_->losses().summary(); }
  LossesAtEnd(const LossesAtEnd&) = delete;
  LossesAtEnd& operator=(const LossesAtEnd&) = delete;

 private:
  const OpenSession* session_;
  SessionPlan* plan_;
};

/// LeRobot counts rows by whole numbers a second. A recipe that states no rate leaves it to us: the
/// camera's own (29.97 Hz) becomes the whole one beside it, and frames keep their true times. A
/// rate further than 1 % from one stays: many rows would have no frame of their own.
Rational row_rate(const Recipe& recipe, const OpenSession& session) {
  const Rational own = grid_rate(recipe.grid, session);
  const bool whole =
      std::any_of(recipe.outputs.begin(), recipe.outputs.end(),
                  [](const OutputRule& output) { return output.row->name.starts_with("lerobot"); });
  if (recipe.grid.rate || !whole || own.den == 1) return own;
  const Rational rate{(2 * own.num + own.den) / (2 * own.den), 1};
  if (100 * std::abs(rate.num * own.den - own.num) > own.num) return own;
  char text[256];
  std::snprintf(
      text, sizeof text,
      "runs at %.5g Hz, and LeRobot needs a whole number: rows are %lld a second, with the "
      "true time of each frame beside them. Set \"grid\": {\"rate_hz\": ..} to choose",
      static_cast<double>(own.num) / static_cast<double>(own.den),
      static_cast<long long>(rate.num));
  session.losses().note("grid-rate-rounded", session.session().id, text);
  return rate;
}

SessionPlan plan_session(const PlanRequest& request, const SessionRef& ref, std::size_t index,
                         Diagnostics& ledger) {
  const Recipe& recipe = request.recipe;
  SessionPlan plan;
  try {
    const auto session = OpenSession::open(ref, ledger);
    const LossesAtEnd losses(*session, plan);
    const auto signals = session->signals();
    const auto features = resolve_features(recipe, *session);
    for (const ResolvedFeature& feature : features) plan.features.push_back(feature.spec);
    plan.cameras = camera_sources(features, *session);
    plan.time_streams = streams_of(features);
    check_objects(recipe, features, *session);
    check_grid(recipe, *session);
    tell_of_empty_cameras(recipe, *session);
    for (const GateRule& gate : recipe.gates) curate::check_gate(*gate.row, gate.options, *signals);
    plan.rate = row_rate(recipe, *session);
    for (const StreamSpec& spec : session->session().streams)
      if (spec.kind == StreamKind::kAudio) plan.sound.push_back(spec.name);
    plan.robot_type = attribute_text(session->session(), "robot_type");
    const label::RuleSet rules(recipe.labels, recipe.parameters, session->session());
    plan.label_units = rules.units();
    std::vector<CutSegment> segments = cut_segments(recipe, *signals, session->losses());
    check_stills(recipe, *signals, session->losses());
    estimate_sizes(*session, known_seconds(*session, segments), plan);
    for (auto& [segment, sources] : segments) {
      if (segment.range.empty()) continue;
      check_length(segment.range, plan.rate, *session);
      add_frame_pts(*session, segment);
      WatchedSignals watched(*signals);
      segment.labels = rules.apply(segment, watched);
      segment.task = recipe.task.empty()
                         ? attribute_text(session->session(), "task")
                         : label::fill_template(recipe.task, session->session(), segment,
                                                recipe.parameters, recipe.where + ": /task");
      Candidate candidate;
      candidate.sources = *sources;
      for (UsedSource& used : watched.used("label")) candidate.sources.push_back(std::move(used));
      candidate.session = index;
      candidate.group = curate::split_group(recipe.splits, session->session(), segment);
      candidate.split = curate::split_of(recipe.splits, candidate.group);
      candidate.key = clean_key(segment.kind == "session" ? ref.id : ref.id + "_" + segment.name);
      candidate.bytes = estimate(plan, segment.range);
      if (request.explain) candidate.explanation = rules.explain(segment, *signals);
      candidate.segment = std::move(segment);
      plan.candidates.push_back(std::move(candidate));
    }
  } catch (const InputError& error) {
    plan.error = placeless(error.what(), ref, recipe);
  } catch (const fs::filesystem_error& error) {
    plan.error = placeless(why_unreachable(error), ref, recipe);
  }
  return plan;
}

}  // namespace

void PlanStore::read_suspects() {
  if (!request_->spool) return;
  const auto begun = request_->spool->begun();
  for (std::size_t i = 0; i < plan_->sessions.size() && !begun.empty(); ++i) {
    const std::string name = fingerprint(i);
    if (!begun.contains(name)) continue;
    if (!load(name)) {
      std::string end;
      for (int attempt = 0; attempt < 2; ++attempt) {
        end = run_isolated([&] {
          Diagnostics own;
          store(name, plan_session(*request_, plan_->sessions[i], i, own));
        });
        if (end.empty()) break;
      }
      if (!end.empty()) {
        SessionPlan failed;
        failed.error = "the process that read it " + end + ", twice";
        store(name, failed);
      }
    }
    request_->spool->end(name);
  }
}

SessionPlan PlanStore::get(std::size_t index) {
  Diagnostics& ledger = *plan_->losses;
  if (!request_->spool) return plan_session(*request_, plan_->sessions[index], index, ledger);
  const std::string name = fingerprint(index);
  if (auto known = load(name)) {
    for (Candidate& candidate : known->candidates) candidate.session = index;
    Diagnostics losses;
    for (const Diagnostic& entry : known->losses) losses.add(entry);
    ledger.merge_max(losses);
    return std::move(*known);
  }
  const SpoolMark mark(*request_->spool, name);
  SessionPlan plan = plan_session(*request_, plan_->sessions[index], index, ledger);
  store(name, plan);
  return plan;
}

std::string PlanStore::fingerprint(std::size_t index) const {
  return fingerprint_of(as_bytes("plan 6 " REELCELL_VERSION "\n" + plan_->recipe.hash + "\n" +
                                 plan_->identities[index]));
}

std::optional<SessionPlan> PlanStore::load(const std::string& name) const {
  const auto bytes = request_->spool->load(name);
  if (!bytes) return std::nullopt;
  SessionPlan plan = decode_plan(*bytes);
  if (request_->retry_failed && !plan.error.empty()) return std::nullopt;
  return plan;
}

void PlanStore::store(const std::string& name, const SessionPlan& plan) const {
  request_->spool->store(name, encode_plan(plan));
}

}  // namespace reelcell::pipeline
