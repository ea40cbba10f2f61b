// What sessions and a recipe are to a corpus that is there.
#include <algorithm>

#include "internal/compare_corpus.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/base/hash.hpp"

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

/// Are the files that samples came from the same bytes? Only a hash can say so.
bool has_same_files(const SessionRef& ref, const std::map<std::string, std::string>& files) {
  const fs::path root = fs::is_directory(ref.path) ? ref.path : ref.path.parent_path();
  return !files.empty() && std::all_of(files.begin(), files.end(), [&](const auto& file) {
    try {
      return !file.second.empty() && hash_file(safe_join(root, file.first)).sha256 == file.second;
    } catch (const InputError&) {
      return false;
    }
  });
}

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

}  // namespace

CorpusDelta compare(const std::vector<SessionRef>& sessions, const SessionInputs& inputs,
                    const Recipe& recipe, const PriorCorpus& prior, const SessionInputs& known,
                    bool retry_failed) {
  CorpusDelta delta;
  delta.episodes = prior.size();
  delta.recipe = recipe_difference(recipe, prior.manifest().value("recipe", Json::object()));
  require_own_names(inputs, known);
  for (const SessionRef& ref : sessions) {
    const bool holds = prior.has_samples_of(ref.id);
    const auto before = known.find(ref.id);
    const bool as_recorded = before != known.end() && before->second == inputs.at(ref.id);
    if (!prior.sessions().contains(ref.id) || (!holds && (retry_failed || !as_recorded)))
      delta.added.push_back(ref.id);
    else if (as_recorded || has_same_files(ref, prior.sources_of(ref.id)))
      delta.unchanged.push_back(ref.id);
    else
      delta.changed.push_back(ref.id);
  }
  for (const std::string& id : prior.sessions())
    if (!inputs.contains(id)) delta.others.push_back(id);
  return delta;
}

CorpusDelta compare_with_corpus(const PlanRequest& request, const fs::path& corpus) {
  const std::vector<SessionRef> sessions = find_sessions(request.inputs);
  const SessionInputs inputs = inputs_of(request.recipe, sessions);
  const PriorCorpus prior(corpus);
  CorpusDelta delta = compare(sessions, inputs, request.recipe, prior,
                              BuildFolder::inputs_of(corpus), request.retry_failed);
  for (const auto& [path, what] : BuildFolder::damage_of(corpus))
    delta.damage.push_back(path + " " + what);
  return delta;
}

Json to_json(const CorpusDelta& delta) {
  return {{"added", delta.added},   {"unchanged", delta.unchanged}, {"changed", delta.changed},
          {"others", delta.others}, {"recipe", delta.recipe},       {"episodes", delta.episodes},
          {"damage", delta.damage}};
}

}  // namespace reelcell::pipeline
