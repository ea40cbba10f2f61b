#include <algorithm>
#include <map>

#include "reelcell/base/error.hpp"
#include "reelcell/pipeline/session.hpp"
#include "reelcell/readers/registry.hpp"

namespace reelcell::pipeline {
namespace {

std::string clean_id(std::string text) {
  for (char& c : text)
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '_' && c != '-') c = '_';
  return text.empty() ? "session" : text;
}

std::string own_name(const fs::path& path) {
  const fs::path full = fs::absolute(path).lexically_normal();
  const fs::path name = full.has_filename() ? full : full.parent_path();
  return clean_id(fs::is_directory(path) ? name.filename().string() : name.stem().string());
}

std::string parent_name(const fs::path& path) {
  fs::path full = fs::absolute(path).lexically_normal();
  if (!full.has_filename()) full = full.parent_path();
  return clean_id(full.parent_path().filename().string());
}

/// Sessions at exactly this path; empty when it is none.
std::vector<SessionRef> sessions_at(const fs::path& path) {
  if (fs::is_directory(path) && fs::exists(path / "session.json"))
    return {{path, "", clean_id(read_session_file(path / "session.json").id)}};
  if (path.filename() == "session.json")
    return sessions_at(path.parent_path().empty() ? "." : path.parent_path());
  const ReaderRow* reader = readers::sniff(path);
  if (!reader) return {};
  std::vector<SessionRef> refs;
  const auto episodes = reader->episodes ? reader->episodes(path) : std::vector<std::string>{""};
  for (const std::string& episode : episodes)
    refs.push_back({path, episode, own_name(path) + (episode.empty() ? "" : "-" + episode)});
  return refs;
}

std::vector<SessionRef> sessions_below(const fs::path& path) {
  std::error_code error;
  if (!fs::exists(path, error)) throw InputError(path.string(), "does not exist; check the path");
  std::vector<SessionRef> refs = sessions_at(path);
  if (!refs.empty() || !fs::is_directory(path)) return refs;
  std::vector<fs::path> children;
  for (const auto& entry : fs::directory_iterator(path))
    if (!entry.path().filename().string().starts_with(".")) children.push_back(entry.path());
  std::sort(children.begin(), children.end());
  for (const fs::path& child : children) {
    // Loose files in a folder of sessions (a README, a plan) are not sessions; data sets and
    // recordings are.
    if (!fs::is_directory(child) && !child.string().ends_with(".mcap")) continue;
    for (SessionRef& ref : sessions_at(child)) refs.push_back(std::move(ref));
  }
  return refs;
}

}  // namespace

std::vector<SessionRef> find_sessions(const std::vector<fs::path>& paths) {
  std::vector<SessionRef> refs;
  for (const fs::path& path : paths) {
    const auto found = sessions_below(path);
    if (found.empty())
      throw InputError(
          path.string(),
          "holds no session: expected a folder with session.json, a recording or a data set; "
          "'reelcell init' proposes a session.json for a folder of files");
    refs.insert(refs.end(), found.begin(), found.end());
  }
  // The same path given twice is one session; different ones that share a name get their folder's
  // name in front.
  std::sort(refs.begin(), refs.end(), [](const SessionRef& a, const SessionRef& b) {
    return std::tie(a.id, a.path, a.episode) < std::tie(b.id, b.path, b.episode);
  });
  refs.erase(std::unique(refs.begin(), refs.end(),
                         [](const SessionRef& a, const SessionRef& b) {
                           return a.episode == b.episode && fs::equivalent(a.path, b.path);
                         }),
             refs.end());
  std::map<std::string, int> uses;
  for (const SessionRef& ref : refs) ++uses[ref.id];
  for (SessionRef& ref : refs)
    if (uses[ref.id] > 1) ref.id = parent_name(ref.path) + "-" + ref.id;
  std::sort(refs.begin(), refs.end(),
            [](const SessionRef& a, const SessionRef& b) { return a.id < b.id; });
  for (std::size_t i = 1; i < refs.size(); ++i)
    if (refs[i].id == refs[i - 1].id)
      throw PlanError(refs[i].path.string(), "has the session id '" + refs[i].id +
                                                 "', and so has " + refs[i - 1].path.string() +
                                                 "; give each its own \"id\" in session.json");
  return refs;
}

}  // namespace reelcell::pipeline
