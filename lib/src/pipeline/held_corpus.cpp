#include "internal/held_corpus.hpp"

#include <map>
#include <set>

#include "internal/compare_corpus.hpp"

namespace reelcell::pipeline {
namespace {

/// What was quarantined under the name of its folder because it did not say what was in it, and
/// says so now: to the name, the ids that it has.
using ReadAgain = std::map<std::string, std::set<std::string>>;
ReadAgain read_again(const SessionList& list, const Json& report) {
  ReadAgain again;
  for (const Json& session : report.value("quarantined_sessions", Json::array()))
    again[session.value("session", "")];
  for (const SessionRef& ref : list.refs) again.erase(ref.id);
  for (const SessionRef& ref : list.refs)
    if (const auto at = again.find(id_of_path(ref.path)); at != again.end())
      at->second.insert(ref.id);
  std::erase_if(again, [](const auto& entry) { return entry.second.empty(); });
  return again;
}

/// Was it built in one go, of these sessions by this recipe?
bool is_of(const Json& manifest, const Recipe& recipe, const SessionInputs& inputs,
           const ReadAgain& again) {
  const Json generations = manifest.value("generations", Json::array());
  if (manifest.value("recipe", Json::object()).value("hash", "") != recipe.hash ||
      generations.size() != 1)
    return false;
  std::set<std::string> given, built;
  for (const auto& [id, input] : inputs) given.insert(id);
  for (const Json& id : generations[0].value("sessions", Json::array())) {
    const auto at = again.find(id.get<std::string>());
    if (at == again.end())
      built.insert(id.get<std::string>());
    else
      built.insert(at->second.begin(), at->second.end());
  }
  return built == given;
}

/// What is tried again may have been repaired; what was built must be as it was.
void require_unchanged(const BuildFolder& folder, const SessionInputs& inputs, const Json& report) {
  std::set<std::string> failed;
  for (const Json& session : report.value("quarantined_sessions", Json::array()))
    failed.insert(session.value("session", ""));
  for (const Json& decision : report.value("decisions", Json::array()))
    if (decision.value("failed", false)) failed.insert(decision.value("session", ""));
  for (const Json& source : report.value("sources_without_hash", Json::array()))
    failed.insert(source.value("session", ""));
  for (const auto& [id, before] : folder.inputs()) {
    const auto now = inputs.find(id);
    if (now != inputs.end() && now->second != before && !failed.contains(id))
      throw OutputError(folder.out().string(),
                        "session '" + id +
                            "' has changed since it was built, and --retry-failed builds only what "
                            "failed; give --overwrite to build all anew");
  }
}

std::string listed(const char* what, const std::vector<std::string>& names) {
  return names.empty() ? "" : std::string("; ") + what + first_few(names);
}

/// In what the corpus is another than the one that is asked for, to stand behind ": ".
std::string difference(const CorpusDelta& delta, const Json& manifest) {
  std::string text;
  const Json version = manifest.value("generator", Json::object()).value("version", Json());
  if (version != REELCELL_VERSION) text += "; another version of this program built it";
  if (manifest.value("generations", Json::array()).size() != 1)
    text += "; it was built in several additions, or edited";
  text += listed("the recipe differs in ", delta.recipe);
  text += listed("it does not hold, or nothing came of, ", delta.added);
  text += listed("it also holds ", delta.others);
  for (const auto* ids : {&delta.changed, &delta.unknown})
    if (!ids->empty()) text += "; session '" + ids->front() + "' " + why_kept(delta, ids->front());
  for (const UnhashedSource& unhashed : delta.unhashed)
    text += "; session '" + unhashed.session + "' " + why_not_comparable(unhashed);
  return text.empty() ? text : text.substr(2);
}

[[noreturn]] void refuse(const BuildFolder& folder, const std::string& why) {
  throw OutputError(
      folder.out().string(),
      "already holds a complete corpus that is not this one: " + why +
          ". Give --add to add the sessions that it does not hold, --add --retry-failed to try "
          "again what failed of those that it does, --add --replace to build changed ones anew, "
          "--overwrite to replace all of it, or choose another folder");
}

/// Only hashes can say that files whose times differ are what they were.
Held touched_or_other(const BuildFolder& folder, const PlanRequest& planned,
                      const SessionList& list, const SessionInputs& inputs, bool whole) {
  if (!whole)
    refuse(folder,
           "it is damaged, and the sessions or the recipe are not as they were when it was built");
  const PriorCorpus prior(folder.out());
  const CorpusDelta delta = compare(list.refs, inputs, planned, prior, folder.inputs());
  const std::string other = difference(delta, prior.manifest());
  if (!other.empty()) refuse(folder, other);
  return Held::kTouched;
}

}  // namespace

Held what_is_held(const BuildFolder& folder, const PlanRequest& planned, const SessionList& list,
                  const SessionInputs& inputs, const BuildRequest& request,
                  const std::string& fingerprint, bool whole) {
  if (!request.retry_failed)
    return folder.fingerprint() != fingerprint
               ? touched_or_other(folder, planned, list, inputs, whole)
           : whole ? Held::kAsked
                   : Held::kOther;
  const Json manifest = read_json_file_without(folder.out() / "corpus.json", "samples");
  const Json report = read_json_file(folder.out() / "report.json");
  if (!is_of(manifest, planned.recipe, inputs, read_again(list, report)))
    refuse(folder, "other sessions, another recipe, or built in several additions");
  require_unchanged(folder, inputs, report);
  return whole && !has_failures(report) ? Held::kAsked : Held::kOther;
}

}  // namespace reelcell::pipeline
