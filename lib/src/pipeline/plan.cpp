#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <set>
#include <tuple>

#include "internal/codec.hpp"
#include "internal/cut_segments.hpp"
#include "internal/features.hpp"
#include "internal/identity.hpp"
#include "internal/isolate.hpp"
#include "internal/place_objects.hpp"
#include "internal/session_plan.hpp"
#include "internal/spool.hpp"
#include "internal/watched_signals.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/base/ordered_pool.hpp"
#include "reelcell/curate/registry.hpp"
#include "reelcell/pipeline/build.hpp"
#include "reelcell/pipeline/visits.hpp"

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
    plan.time_streams = streams_of(features);
    check_objects(recipe, features, *session);
    for (const GateRule& gate : recipe.gates) curate::check_gate(*gate.row, gate.options, *signals);
    plan.rate = row_rate(recipe, *session);
    for (const StreamSpec& spec : session->session().streams)
      if (spec.kind == StreamKind::kAudio)
        session->losses().note("sound-not-written", spec.name,
                               "is sound; no output holds sound, so it stays in the recording");
    plan.robot_type = attribute_text(session->session(), "robot_type");
    const label::RuleSet rules(recipe.labels, recipe.parameters, session->session());
    std::vector<CutSegment> segments = cut_segments(recipe, *signals, session->losses());
    estimate_sizes(*session, known_seconds(*session, segments), plan);
    for (auto& [segment, sources] : segments) {
      if (segment.range.empty()) continue;
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
    plan.error = error.what();
  }
  return plan;
}

/// Plans of sessions from run to run.
class PlanStore {
 public:
  PlanStore(const PlanRequest& request, const BuildPlan& plan) : request_(&request), plan_(&plan) {}

  /// Reads those that brought an earlier run down, each in a process of its own. Before any thread
  /// is started.
  void read_suspects() {
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

  SessionPlan get(std::size_t index) {
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

 private:
  std::string fingerprint(std::size_t index) const {
    return fingerprint_of(as_bytes("plan 4 " REELCELL_VERSION "\n" + plan_->recipe.hash + "\n" +
                                   plan_->identities[index]));
  }
  std::optional<SessionPlan> load(const std::string& name) const {
    const auto bytes = request_->spool->load(name);
    if (!bytes) return std::nullopt;
    SessionPlan plan = decode_plan(*bytes);
    if (request_->retry_failed && !plan.error.empty()) return std::nullopt;
    return plan;
  }
  void store(const std::string& name, const SessionPlan& plan) const {
    request_->spool->store(name, encode_plan(plan));
  }
  const PlanRequest* request_;
  const BuildPlan* plan_;
};

void require_unique_keys(const std::vector<Candidate>& candidates) {
  std::set<std::string> keys;
  for (const Candidate& candidate : candidates)
    if (!keys.insert(candidate.key).second)
      throw PlanError(
          "two segments have the key '" + candidate.key +
          "'; segmenters of the same kind need different names, sessions different ids");
}

void count_splits(BuildPlan& plan) {
  plan.split_order.clear();
  for (const auto& [name, ratio] : plan.recipe.splits.ratios) {
    const auto count =
        std::count_if(plan.candidates.begin(), plan.candidates.end(),
                      [&, wanted = name](const Candidate& c) { return c.split == wanted; });
    plan.split_order.emplace_back(name, static_cast<std::uint64_t>(count));
  }
}

}  // namespace

namespace {

/// The session whose features and rate all have: the first usable one. Where the recipe names no
/// features, the first with those that most sessions with pictures have; an episode whose video is
/// not there must not cost those that have theirs.
std::optional<std::size_t> model_session(const std::vector<SessionPlan>& planned,
                                         const Recipe& recipe) {
  struct Kind {
    std::size_t first = 0, sessions = 0;
    bool pictures = false;
  };
  std::vector<Kind> kinds;
  for (std::size_t i = 0; i < planned.size(); ++i) {
    if (!planned[i].error.empty()) continue;
    const auto& features = planned[i].features;
    const auto known = std::find_if(kinds.begin(), kinds.end(), [&](const Kind& kind) {
      return feature_difference(planned[kind.first].features, features).empty();
    });
    if (known != kinds.end()) {
      ++known->sessions;
      continue;
    }
    kinds.push_back({i, 1,
                     std::any_of(features.begin(), features.end(),
                                 [](const FeatureSpec& spec) { return spec.is_video; })});
  }
  if (kinds.empty()) return std::nullopt;
  if (!recipe.features.empty()) return kinds.front().first;
  return std::max_element(kinds.begin(), kinds.end(),
                          [](const Kind& a, const Kind& b) {
                            return std::tie(a.pictures, a.sessions) <
                                   std::tie(b.pictures, b.sessions);
                          })
      ->first;
}

}  // namespace

BuildPlan plan_build(const PlanRequest& request, Progress& progress) {
  return plan_sessions(request, find_sessions(request.inputs), nullptr, progress);
}

BuildPlan plan_sessions(const PlanRequest& request, std::vector<SessionRef> sessions,
                        const CorpusSchema* known, Progress& progress, LostParts* lost) {
  BuildPlan plan;
  plan.recipe = request.recipe;
  plan.sessions = std::move(sessions);
  InputIdentity identity(plan.recipe);
  for (const SessionRef& ref : plan.sessions)
    plan.identities.push_back(request.spool ? identity.of(ref) : std::string());
  PlanStore store(request, plan);
  store.read_suspects();
  CorpusSchema& schema = plan.schema;
  schema.name = plan.recipe.name;
  schema.robot_type = plan.recipe.robot_type;
  schema.description = plan.recipe.description;
  schema.license = plan.recipe.license;
  schema.url = plan.recipe.url;
  schema.creator = plan.recipe.creator;
  schema.true_times = plan.recipe.true_times;
  for (const auto& rule : plan.recipe.labels) schema.label_names.push_back(rule.name);
  bool first = !known;
  if (known) {
    schema.features = known->features;
    schema.time_streams = known->time_streams;
    schema.rate = known->rate;
    schema.robot_type = known->robot_type;
  }
  progress.begin("plan", plan.sessions.size(), "sessions");
  std::vector<SessionPlan> planned(plan.sessions.size());
  ordered_pool<SessionPlan>(
      plan.sessions.size(), request.threads, [&](std::size_t i) { return store.get(i); },
      [&](std::size_t i, SessionPlan&& session) {
        planned[i] = std::move(session);
        progress.advance(i + 1);
      });
  progress.end();
  std::string chosen;  // whose features these are, where the recipe names none
  if (const auto model = first ? model_session(planned, plan.recipe) : std::nullopt) {
    const SessionPlan& session = planned[*model];
    schema.features = session.features;
    schema.time_streams = session.time_streams;
    schema.rate = session.rate;
    if (schema.robot_type == "unknown" && !session.robot_type.empty())
      schema.robot_type = session.robot_type;
    first = false;
    if (plan.recipe.features.empty())
      chosen = "; the features are those of '" + plan.sessions[*model].id +
               "': name the ones that all sessions have in \"features\" of a recipe";
  }
  for (std::size_t i = 0; i < planned.size(); ++i) {
    SessionPlan session = std::move(planned[i]);
    if (session.error.empty()) {
      session.error = feature_difference(schema.features, session.features);
      if (!session.error.empty()) session.error += chosen;
    }
    if (session.error.empty() && !(session.rate == schema.rate))
      session.error = "its grid has another rate than the other sessions'";
    if (lost && (!session.error.empty() || has_loss(session.losses)))
      lost->sessions.insert(plan.sessions[i].id);
    if (session.error.empty()) {
      std::move(session.candidates.begin(), session.candidates.end(),
                std::back_inserter(plan.candidates));
    } else {
      plan.quarantined.push_back({plan.sessions[i].id, session.error});
      plan.losses->loss("session-quarantined", plan.sessions[i].id, session.error);
    }
  }
  if (first && !plan.quarantined.empty())
    throw InputError(plan.quarantined.front().id, "no session can be used; the first reason is: " +
                                                      plan.quarantined.front().reason);
  const auto split_rank = [&](const std::string& split) {
    const auto& ratios = plan.recipe.splits.ratios;
    return std::find_if(ratios.begin(), ratios.end(),
                        [&](const auto& r) { return r.first == split; }) -
           ratios.begin();
  };
  plan.candidates.shrink_to_fit();
  std::stable_sort(plan.candidates.begin(), plan.candidates.end(),
                   [&](const Candidate& a, const Candidate& b) {
                     return std::make_tuple(split_rank(a.split), a.session) <
                            std::make_tuple(split_rank(b.split), b.session);
                   });
  require_unique_keys(plan.candidates);
  count_splits(plan);
  return plan;
}

void keep_candidates(BuildPlan& plan, const std::function<bool(const Candidate&)>& wanted) {
  std::erase_if(plan.candidates, [&](const Candidate& candidate) { return !wanted(candidate); });
  count_splits(plan);
}

void warn_of_large_segments(const BuildPlan& plan, std::uint64_t memory) {
  const auto gigabytes = [](std::uint64_t bytes) {
    char text[32];
    std::snprintf(text, sizeof text, "%.1f GB", static_cast<double>(bytes) / 1e9);
    return std::string(text);
  };
  for (const Candidate& candidate : plan.candidates)
    if (candidate.bytes > memory)
      plan.losses->warn("segment-large", candidate.key,
                        "is in memory at once while it is built, by estimate " +
                            gigabytes(candidate.bytes) + " for " +
                            format_duration(candidate.segment.range.length()) + ", more than the " +
                            gigabytes(memory) +
                            " that segments in work may take; it is built alone. Cut the session "
                            "into windows, or allow more with --memory.");
}

void require_segments(const BuildPlan& plan) {
  if (!plan.candidates.empty()) return;
  std::string why;
  constexpr std::size_t kMostReasons = 3;
  std::size_t reasons = 0, more = 0;
  for (const Diagnostic& entry : plan.losses->summary()) {
    if (entry.code != "segmenter-found-none" && entry.code != "event-field-unknown") continue;
    if (++reasons > kMostReasons)
      ++more;
    else
      why += "\n  " + entry.where + ": " + entry.message;
  }
  if (more > 0) why += "\n  and " + std::to_string(more) + " more";
  throw PlanError(plan.recipe.where, "no segment was found in " +
                                         std::to_string(plan.sessions.size()) +
                                         (plan.sessions.size() == 1 ? " session" : " sessions") +
                                         "; change \"segments\"" + why);
}

Json to_json(const BuildPlan& plan) {
  Json features = Json::array();
  for (const FeatureSpec& spec : plan.schema.features)
    features.push_back({{"name", spec.name},
                        {"dtype", spec.is_video ? "video" : std::string(to_string(spec.dtype))},
                        {"shape", spec.shape}});
  Json sessions = Json::array();
  for (const SessionRef& ref : plan.sessions)
    sessions.push_back({{"id", ref.id}, {"path", ref.path.string()}, {"episode", ref.episode}});
  Json candidates = Json::array();
  for (const Candidate& candidate : plan.candidates) {
    Json entry = to_json(candidate.segment);
    entry["key"] = candidate.key;
    entry["session"] = plan.sessions[candidate.session].id;
    entry["split"] = candidate.split;
    entry["group"] = candidate.group;
    candidates.push_back(std::move(entry));
  }
  Json quarantined = Json::array();
  for (const auto& session : plan.quarantined)
    quarantined.push_back({{"session", session.id}, {"reason", session.reason}});
  Json splits = Json::object();
  for (const auto& [name, count] : plan.split_order) splits[name] = count;
  return {{"version", 1},
          {"recipe", {{"name", plan.recipe.name}, {"hash", plan.recipe.hash}}},
          {"rate_hz",
           static_cast<double>(plan.schema.rate.num) / static_cast<double>(plan.schema.rate.den)},
          {"features", features},
          {"splits", splits},
          {"sessions", sessions},
          {"segments", candidates},
          {"quarantined", quarantined},
          {"visits", visits_reports(plan)}};
}

}  // namespace reelcell::pipeline
