#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "reelcell/base/error.hpp"
#include "reelcell/pipeline/session_list.hpp"
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

/// A session and the id that its session.json states; elsewhere the one made of its name.
struct Found {
  SessionRef ref;
  std::string stated;
};

/// Sessions at exactly this path; empty when it is none.
std::vector<Found> sessions_at(const fs::path& path) {
  if (fs::is_directory(path) && fs::exists(path / "session.json")) {
    const std::string stated = read_session_file(path / "session.json").id;
    return {{{path, "", clean_id(stated)}, stated}};
  }
  if (path.filename() == "session.json")
    return sessions_at(path.parent_path().empty() ? "." : path.parent_path());
  const ReaderRow* reader = readers::sniff(path);
  if (!reader) return {};
  std::vector<Found> found;
  const auto episodes = reader->episodes ? reader->episodes(path) : std::vector<std::string>{""};
  for (const std::string& episode : episodes) {
    const std::string id = own_name(path) + (episode.empty() ? "" : "-" + episode);
    found.push_back({{path, episode, id}, id});
  }
  return found;
}

std::vector<Found> sessions_below(const fs::path& path) {
  std::error_code error;
  if (!fs::exists(path, error)) throw InputError(path.string(), "does not exist; check the path");
  std::vector<Found> found = sessions_at(path);
  if (!found.empty() || !fs::is_directory(path)) return found;
  std::vector<fs::path> children;
  for (const auto& entry : fs::directory_iterator(path))
    if (!entry.path().filename().string().starts_with(".")) children.push_back(entry.path());
  std::sort(children.begin(), children.end());
  for (const fs::path& child : children) {
    // Loose files in a folder of sessions (a README, a plan) are not sessions; data sets and
    // recordings are.
    if (!fs::is_directory(child) && !child.string().ends_with(".mcap")) continue;
    for (Found& one : sessions_at(child)) found.push_back(std::move(one));
  }
  return found;
}

/// "the session id 'a.b' ('a_b' in a corpus)".
std::string id_text(const Found& found) {
  return "the session id '" + found.stated + "'" +
         (found.stated == found.ref.id ? "" : " ('" + found.ref.id + "' in a corpus)");
}

/// Ids that are still the same: each takes the id that it states.
void tell_clashes(std::vector<Found>& all, std::vector<SessionList::Clash>& clashes) {
  std::vector<bool> clash(all.size(), false);
  for (std::size_t i = 1; i < all.size(); ++i) {
    if (all[i].ref.id != all[i - 1].ref.id) continue;
    clash[i - 1] = clash[i] = true;
    clashes.push_back({all[i].ref.path, "has " + id_text(all[i]) + ", and " +
                                            all[i - 1].ref.path.string() + " has " +
                                            id_text(all[i - 1]) +
                                            "; give each its own \"id\" in session.json"});
  }
  for (std::size_t i = 0; i < all.size(); ++i)
    if (clash[i]) all[i].ref.id = all[i].stated;
}

}  // namespace

SessionList list_sessions(const std::vector<fs::path>& paths) {
  std::vector<Found> all;
  for (const fs::path& path : paths) {
    const auto found = sessions_below(path);
    if (found.empty())
      throw InputError(
          path.string(),
          "holds no session: expected a folder with session.json, a recording or a data set; "
          "'reelcell init' proposes a session.json for a folder of files");
    all.insert(all.end(), found.begin(), found.end());
  }
  // The same path given twice is one session; different ones that share a name get their folder's
  // name in front, unless they lie in the same folder.
  std::sort(all.begin(), all.end(), [](const Found& a, const Found& b) {
    return std::tie(a.ref.id, a.ref.path, a.ref.episode) <
           std::tie(b.ref.id, b.ref.path, b.ref.episode);
  });
  all.erase(std::unique(all.begin(), all.end(),
                        [](const Found& a, const Found& b) {
                          return a.ref.episode == b.ref.episode &&
                                 fs::equivalent(a.ref.path, b.ref.path);
                        }),
            all.end());
  std::map<std::string, int> uses;
  std::map<std::string, std::set<std::string>> folders;
  for (const Found& found : all) {
    ++uses[found.ref.id];
    folders[found.ref.id].insert(parent_name(found.ref.path));
  }
  for (Found& found : all)
    if (uses[found.ref.id] > 1 && folders[found.ref.id].size() > 1)
      found.ref.id = parent_name(found.ref.path) + "-" + found.ref.id;
  std::sort(all.begin(), all.end(), [](const Found& a, const Found& b) {
    return std::tie(a.ref.id, a.ref.path) < std::tie(b.ref.id, b.ref.path);
  });
  SessionList list;
  tell_clashes(all, list.clashes);
  for (Found& found : all) list.refs.push_back(std::move(found.ref));
  return list;
}

std::vector<SessionRef> find_sessions(const std::vector<fs::path>& paths) {
  SessionList list = list_sessions(paths);
  if (!list.clashes.empty())
    throw PlanError(list.clashes.front().path.string(), list.clashes.front().message);
  return std::move(list.refs);
}

}  // namespace reelcell::pipeline
