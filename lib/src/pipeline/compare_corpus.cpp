// What sessions and a recipe are to a corpus that is there.
#include <algorithm>
#include <set>

#include "internal/compare_corpus.hpp"
#include "internal/unreachable.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/base/hash.hpp"
#include "reelcell/base/ordered_pool.hpp"
#include "reelcell/pipeline/session_list.hpp"

namespace reelcell::pipeline {
namespace {

/// JSON pointers of what differs, without what the hash of a recipe leaves out.
std::vector<std::string> recipe_difference(const Recipe& recipe, const Json& stored) {
  if (stored.value("hash", "") == recipe.hash) return {};
  Json was = stored.value("document", Json::object()), is = recipe.document;
  for (const char* name : {"variants", "comment", "$schema"}) {
    was.erase(name);
    is.erase(name);
  }
  std::vector<std::string> paths;
  for (const Json& change : Json::diff(was, is)) {
    const std::string path = change["path"].get<std::string>();
    if (std::find(paths.begin(), paths.end(), path) == paths.end()) paths.push_back(path);
  }
  // A variant or --set changes values, not the document.
  if (paths.empty()) paths.emplace_back("/parameters");
  return paths;
}

enum class State {
  kSame,
  kChanged,
  kUnhashed,  ///< the corpus says why it has no hash
  kUnknown    ///< it does not
};
struct Found {
  State state = State::kUnknown;
  UnhashedSource unhashed;
  std::string reason;  ///< why it is changed or unknown
};

/// A file beside the streams, or a stream's own file.
State state_of_file(const fs::path& root, const std::string& path, const std::string& sha256) {
  if (sha256.empty()) return State::kUnknown;
  return hash_file(safe_join(root, path)).sha256 == sha256 ? State::kSame : State::kChanged;
}

std::string name_of(const PriorCorpus::Source& source) {
  if (source.stream.empty()) return "'" + source.path + "'";
  return "stream '" + source.stream + "' (" + source.path + ")";
}

/// Has what samples came from the same bytes (rows and frames, where episodes share files)? Only a
/// hash can say so.
class Comparison {
 public:
  /// `changed`: files that are not as they were, where that is known: others are not read.
  Comparison(const SessionRef& ref, const PriorCorpus::Sources& sources,
             std::optional<std::set<std::string>> changed)
      : ref_(&ref), sources_(&sources), changed_(std::move(changed)) {
    root_ = fs::is_directory(ref.path) ? ref.path : ref.path.parent_path();
  }

  Found result() {
    Found found{sources_->empty() ? State::kUnknown : State::kSame, {}, "no hash of it was kept"};
    try {
      for (const auto& [source, known] : *sources_) {
        const State state = state_of(source, known.sha256);
        if (state == State::kChanged) return {state, {}, name_of(source) + " is not as it was"};
        if (state != State::kUnknown) continue;
        if (known.no_hash.empty()) {
          found.state = State::kUnknown;
          found.reason = "no hash of " + name_of(source) + " was kept";
        } else if (found.state == State::kSame) {
          found.state = State::kUnhashed;
          found.unhashed = {ref_->id, source.stream, known.no_hash};
        }
      }
    } catch (const InputError& bad) {
      return {State::kChanged, {}, bad.what()};
    } catch (const fs::filesystem_error& bad) {
      return {State::kChanged, {}, why_unreachable(bad)};
    }
    const std::string unseen = first_unseen();
    if (found.state == State::kSame && !unseen.empty())
      return {State::kUnknown,
              {},
              "'" + unseen + "' is not as it was, and no sample came from it, so no hash was kept"};
    return found;
  }

 private:
  /// A part of a data set, or of a folder that is read as one.
  bool in_set(const PriorCorpus::Source& source) const {
    return !ref_->episode.empty() ||
           (!source.stream.empty() && fs::is_directory(safe_join(root_, source.path)));
  }

  State state_of(const PriorCorpus::Source& source, const std::string& sha256) {
    if (!in_set(source)) {
      if (changed_ && !changed_->contains(source.path)) return State::kSame;
      const auto [known, fresh] = files_.try_emplace(source.path);
      if (fresh) known->second = state_of_file(root_, source.path, sha256);
      return known->second;
    }
    if (!session_) session_ = OpenSession::open(*ref_, counted_);
    if (source.stream.empty())
      return state_of_file(session_->session().folder, source.path, sha256);
    if (sha256.empty()) return State::kUnknown;
    return session_->source_digests(source.stream).sha256 == sha256 ? State::kSame
                                                                    : State::kChanged;
  }

  /// The first file that changed and that no source stands for, "" when there is none.
  std::string first_unseen() const {
    if (!changed_) return "";
    for (const std::string& path : *changed_)
      if (std::none_of(sources_->begin(), sources_->end(), [&](const auto& entry) {
            const std::string& known = entry.first.path;
            return path == known || path.starts_with(known + "/");
          }))
        return path;
    return "";
  }

  const SessionRef* ref_;
  const PriorCorpus::Sources* sources_;
  std::optional<std::set<std::string>> changed_;
  fs::path root_;
  Diagnostics counted_;
  std::shared_ptr<const OpenSession> session_;
  std::map<std::string, State> files_;
};

void require_own_names(const SessionInputs& inputs, const SessionInputs& known) {
  for (const auto& [id, input] : inputs) {
    if (known.contains(id)) continue;
    for (const auto& [name, before] : known)
      if (before == input && !inputs.contains(name))
        throw PlanError("session '" + id + "'",
                        "is what the corpus holds as '" + name +
                            "'; a session keeps its id. Give it one of its own with \"id\" in "
                            "session.json, so that it does not depend on what lies beside it");
  }
}

std::string why_no_hash(const UnhashedSource& unhashed) {
  return "the hash of '" + unhashed.source + "' could not be taken then (" + unhashed.reason + ")";
}

}  // namespace

std::string first_few(const std::vector<std::string>& names) {
  constexpr std::size_t kShown = 5;
  std::string text;
  for (std::size_t i = 0; i < names.size() && i < kShown; ++i) text += (i ? ", " : "") + names[i];
  if (names.size() > kShown) text += " and " + std::to_string(names.size() - kShown) + " more";
  return text;
}

CorpusDelta compare(const std::vector<SessionRef>& sessions, const SessionInputs& inputs,
                    const PlanRequest& request, const PriorCorpus& prior,
                    const SessionInputs& known) {
  CorpusDelta delta;
  delta.episodes = prior.size();
  delta.recipe =
      recipe_difference(request.recipe, prior.manifest().value("recipe", Json::object()));
  require_own_names(inputs, known);
  std::vector<const SessionRef*> in_doubt;
  for (const SessionRef& ref : sessions) {
    const bool holds = prior.has_samples_of(ref.id);
    const auto before = known.find(ref.id);
    const bool as_recorded = before != known.end() && before->second == inputs.at(ref.id);
    if (!prior.sessions().contains(ref.id) || (!holds && (request.retry_failed || !as_recorded)))
      delta.added.push_back(ref.id);
    else if (as_recorded)
      delta.unchanged.push_back(ref.id);
    else
      in_doubt.push_back(&ref);
  }
  ordered_pool<Found>(
      in_doubt.size(), request.threads,
      [&](std::size_t i) {
        const SessionRef& ref = *in_doubt[i];
        const auto before = known.find(ref.id);
        const PriorCorpus::Sources sources = prior.sources_of(ref.id);
        return Comparison(ref, sources,
                          before == known.end() ? std::nullopt
                                                : changed_files(before->second, inputs.at(ref.id)))
            .result();
      },
      [&](std::size_t i, Found&& found) {
        const std::string& id = in_doubt[i]->id;
        const bool same = found.state == State::kSame;
        const bool unhashed = found.state == State::kUnhashed;
        if (!same && (!unhashed || request.replace))
          delta.reasons[id] = unhashed ? why_no_hash(found.unhashed) : std::move(found.reason);
        if (!same && request.replace)
          delta.replaced.push_back(id);
        else if (unhashed)
          delta.unhashed.push_back(std::move(found.unhashed));
        else
          (same                             ? delta.unchanged
           : found.state == State::kChanged ? delta.changed
                                            : delta.unknown)
              .push_back(id);
      });
  std::sort(delta.unchanged.begin(), delta.unchanged.end());
  if (request.retry_failed)
    std::erase_if(delta.unchanged, [&](const std::string& id) {
      const bool failed = !prior.failed_segments(id).empty();
      if (failed) delta.retried.push_back(id);
      return failed;
    });
  for (const std::string& id : prior.sessions())
    if (!inputs.contains(id)) delta.others.push_back(id);
  delta.damage = damage_of(prior.path());
  delta.refusal = why_not_addable(prior, delta);
  return delta;
}

std::vector<std::string> damage_of(const fs::path& corpus) {
  std::vector<std::string> damage;
  for (const auto& [path, what] : BuildFolder::damage_of(corpus))
    damage.push_back(path + " " + what);
  return damage;
}

std::string why_damaged(const std::vector<std::string>& damage) {
  if (damage.empty()) return "";
  return "is damaged: " + first_few(damage) +
         ". Bring the files back, or build all anew with --overwrite";
}

std::string why_not_addable(const PriorCorpus& prior, const CorpusDelta& delta) {
  if (!delta.damage.empty()) return why_damaged(delta.damage);
  if (prior.manifest().contains("edits"))
    return "was edited, so its samples are no longer what the recipe makes of its sessions; build "
           "the new sessions into a corpus of their own and merge with 'reelcell edit'";
  if (prior.generations().empty())
    return "does not say which sessions it was made of; build it anew";
  if (!delta.recipe.empty())
    return "was built by another recipe, which differs in " + first_few(delta.recipe) + ": all " +
           std::to_string(delta.episodes) +
           " episodes would be built again. Give the recipe that it was built by, or --overwrite "
           "instead of --add";
  if (!prior.schema().true_times)
    return "keeps no true times (\"true_times\" is false), without which the report cannot be made "
           "for rows that are there; build all anew with --overwrite";
  return "";
}

std::string why_not_comparable(const UnhashedSource& unhashed) {
  return "is not as it was when it was built, and whether it changed cannot be told: " +
         why_no_hash(unhashed) +
         ". The corpus keeps what it has. To have it as it is now, add it with --add --replace; "
         "where all sessions of the corpus are given and came in one build, --retry-failed without "
         "--add takes the hash";
}

std::string why_kept(const CorpusDelta& delta, const std::string& id) {
  const auto found = delta.reasons.find(id);
  const std::string reason = found == delta.reasons.end() ? "" : ": " + found->second;
  const bool unknown =
      std::find(delta.unknown.begin(), delta.unknown.end(), id) != delta.unknown.end();
  return (unknown ? "is not as it was when it was built, and whether it changed cannot be told"
                  : "has changed since it was built, or is another one with its id") +
         reason + ". The corpus keeps what it has of it";
}

void tell_of_kept(const CorpusDelta& delta, bool replace, Diagnostics& diagnostics) {
  const std::string how = replace ? "" : "; --add --replace builds it anew in its place";
  for (const std::string& id : delta.changed)
    diagnostics.loss("session-changed", id, why_kept(delta, id) + how);
  for (const std::string& id : delta.unknown)
    diagnostics.loss("session-changed", id, why_kept(delta, id) + how);
  for (const UnhashedSource& unhashed : delta.unhashed)
    diagnostics.warn("session-not-comparable", unhashed.session, why_not_comparable(unhashed));
}

CorpusDelta compare_with_corpus(const PlanRequest& request, const fs::path& corpus) {
  const std::vector<SessionRef> sessions = list_for_build(request.inputs).refs;
  const SessionInputs inputs = inputs_of(request.recipe, sessions);
  return compare(sessions, inputs, request, PriorCorpus(corpus), BuildFolder::inputs_of(corpus));
}

Json to_json(const CorpusDelta& delta) {
  return {{"added", delta.added},         {"retried", delta.retried},
          {"unchanged", delta.unchanged}, {"changed", delta.changed},
          {"others", delta.others},       {"recipe", delta.recipe},
          {"episodes", delta.episodes},   {"unknown", delta.unknown},
          {"damage", delta.damage},       {"unhashed", to_json(delta.unhashed)},
          {"replaced", delta.replaced},   {"reasons", delta.reasons},
          {"refusal", delta.refusal}};
}

}  // namespace reelcell::pipeline
