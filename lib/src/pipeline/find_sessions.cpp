#include <algorithm>
#include <cctype>
#include <iterator>
#include <map>
#include <set>
#include <tuple>

#include "internal/unreachable.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/pipeline/session_list.hpp"
#include "reelcell/readers/registry.hpp"

namespace reelcell::pipeline {
namespace {

const std::string kNoSession =
    "holds no session: expected a folder with session.json, a recording or a data set; 'reelcell "
    "init' proposes a session.json for a folder of files";

std::string clean_id(std::string text) {
  for (char& c : text)
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '_' && c != '-') c = '_';
  if (text.starts_with("__")) text.insert(0, "id");  // WebDataset keeps such names for itself
  return text.empty() ? "session" : text;
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
  std::string unreadable;  ///< why, "" when it can be read
};

/// Sessions at exactly this path; empty when it is none.
std::vector<Found> sessions_at(const fs::path& path) {
  if (is_folder(path)) {
    if (is_there(path / "session.json")) {
      const std::string stated = read_session_file(path / "session.json").id;
      return {{{path, "", clean_id(stated)}, stated, ""}};
    }
    is_there(path / "meta" / "info.json");  // a folder that hides it is no folder without one
  }
  if (path.filename() == "session.json")
    return sessions_at(path.parent_path().empty() ? "." : path.parent_path());
  const ReaderRow* reader = readers::sniff(path);
  if (!reader) return {};
  std::vector<Found> found;
  const auto episodes = reader->episodes ? reader->episodes(path) : std::vector<std::string>{""};
  for (const std::string& episode : episodes) {
    const std::string id = id_of_path(path) + (episode.empty() ? "" : "-" + episode);
    found.push_back({{path, episode, id}, id, ""});
  }
  return found;
}

/// As sessions_at(); one that cannot be read is one all the same.
std::vector<Found> readable_or_not(const fs::path& path) {
  std::string reason;
  try {
    return sessions_at(path);
  } catch (const InputError& error) {
    reason = error.what();
  } catch (const fs::filesystem_error& error) {
    reason = why_unreachable(error);
  }
  const fs::path folder = path.filename() == "session.json" ? path.parent_path() : path;
  const fs::path place = folder.empty() ? fs::path(".") : folder;
  const std::string id = id_of_path(place);
  return {{{place, "", id}, id, reason}};
}

std::vector<fs::path> children_of(const fs::path& folder) {
  std::vector<fs::path> children;
  for (const auto& entry : fs::directory_iterator(folder))
    if (!entry.path().filename().string().starts_with(".")) children.push_back(entry.path());
  std::sort(children.begin(), children.end());
  return children;
}

/// By its name, which is enough for a hint: a folder may hold a hundred thousand pictures.
bool is_named_as_recording(const fs::path& file) {
  std::string extension = file.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (extension.empty() || extension == ".txt") return false;
  const auto known = readers::all_readers();
  return std::any_of(known.begin(), known.end(), [&](const ReaderRow* row) {
    return std::find(row->extensions.begin(), row->extensions.end(), extension) !=
           row->extensions.end();
  });
}

/// "" when there is none, or when it is a corpus: what comes out of a build is no session.
std::string first_recording(const fs::path& folder) {
  std::error_code error;
  if (fs::exists(folder / "corpus.json", error) || fs::exists(folder / ".reelcell", error))
    return "";
  try {
    for (const fs::path& child : children_of(folder))
      if (is_named_as_recording(child) && fs::is_regular_file(child, error))
        return child.filename().string();
  } catch (const fs::filesystem_error&) {
    return "";  // sessions_at() has said so
  }
  return "";
}

/// Does the file system say what it is? A link whose end is missing is nothing; one that leads in
/// a circle, or to where we may not go, hides what may be a session.
bool is_hidden(const fs::path& path) {
  try {
    return is_there(path), false;
  } catch (const InputError&) {
    return true;
  }
}

/// Throws InputError where there is none, and names a folder that could become one.
std::vector<Found> sessions_below(const fs::path& path, SessionList& list) {
  if (!is_there(path)) throw InputError(path.string(), "does not exist; check the path");
  std::vector<Found> found = readable_or_not(path);
  if (found.empty() && !is_folder(path)) throw InputError(path.string(), kNoSession);
  if (!found.empty()) return found;
  std::vector<SessionList::LeftOut> left_out;
  std::vector<fs::path> dangling;
  for (const fs::path& child : children_of(path)) {
    // Loose files in a folder of sessions (a README, a plan, a log) are not sessions; data sets and
    // recordings that hold streams of their own are.
    const bool folder = is_folder(child);
    std::error_code error;
    if (fs::is_symlink(child, error) && !is_hidden(child) && !fs::exists(child, error)) {
      dangling.push_back(child);
      continue;
    }
    if (!folder && !child.string().ends_with(".mcap") && !is_hidden(child)) {
      if (is_named_as_recording(child)) left_out.push_back({child, ""});
      continue;
    }
    std::vector<Found> here = readable_or_not(child);
    const std::string recording = folder && here.empty() ? first_recording(child) : "";
    if (!recording.empty()) left_out.push_back({child, recording});
    std::move(here.begin(), here.end(), std::back_inserter(found));
  }
  if (found.empty()) {
    const auto folder = std::find_if(left_out.begin(), left_out.end(),
                                     [](const auto& entry) { return !entry.recording.empty(); });
    throw InputError(path.string(), kNoSession + (folder == left_out.end()
                                                      ? std::string()
                                                      : "; '" + folder->path.filename().string() +
                                                            "' holds " + folder->recording));
  }
  std::move(left_out.begin(), left_out.end(), std::back_inserter(list.left_out));
  std::move(dangling.begin(), dangling.end(), std::back_inserter(list.dangling));
  return found;
}

/// The name of its folder says which it is; one that another session has gets a number.
void add_unreadable(std::vector<Found> unreadable, SessionList& list) {
  std::set<std::string> taken;
  for (const SessionRef& ref : list.refs) taken.insert(ref.id);
  for (Found& found : unreadable) {
    const std::string name = found.ref.id;
    for (int number = 2; !taken.insert(found.ref.id).second; ++number)
      found.ref.id = name + "-" + std::to_string(number);
    list.unreadable.push_back({found.ref.id, found.ref.path, found.unreadable});
    list.refs.push_back(std::move(found.ref));
  }
  std::sort(list.refs.begin(), list.refs.end(), [](const SessionRef& a, const SessionRef& b) {
    return std::tie(a.id, a.path) < std::tie(b.id, b.path);
  });
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

std::string id_of_path(const fs::path& path) {
  const fs::path full = fs::absolute(path).lexically_normal();
  const fs::path name = full.has_filename() ? full : full.parent_path();
  return clean_id(is_folder(path) ? name.filename().string() : name.stem().string());
}

SessionList list_sessions(const std::vector<fs::path>& paths) {
  SessionList list;
  std::vector<Found> all;
  for (const fs::path& path : paths) {
    const auto found = sessions_below(path, list);
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
                          std::error_code error;
                          return a.ref.episode == b.ref.episode &&
                                 (a.ref.path == b.ref.path ||
                                  fs::equivalent(a.ref.path, b.ref.path, error));
                        }),
            all.end());
  const auto first_unreadable = std::stable_partition(
      all.begin(), all.end(), [](const Found& found) { return found.unreadable.empty(); });
  std::vector<Found> unreadable(std::make_move_iterator(first_unreadable),
                                std::make_move_iterator(all.end()));
  all.erase(first_unreadable, all.end());
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
  tell_clashes(all, list.clashes);
  for (Found& found : all) list.refs.push_back(std::move(found.ref));
  add_unreadable(std::move(unreadable), list);
  return list;
}

SessionList list_for_build(const std::vector<fs::path>& paths) {
  SessionList list = list_sessions(paths);
  if (!list.clashes.empty())
    throw PlanError(list.clashes.front().path.string(), list.clashes.front().message);
  if (list.unreadable.size() == list.refs.size()) throw InputError(list.unreadable.front().reason);
  return list;
}

void tell_of_left_out(const SessionList& list, Diagnostics& diagnostics) {
  std::map<fs::path, std::vector<std::string>> files;
  for (const SessionList::LeftOut& entry : list.left_out)
    if (entry.recording.empty())
      files[entry.path.parent_path()].push_back(entry.path.filename().string());
    else
      diagnostics.note("folder-left-out", entry.path.string(),
                       "holds recordings (" + entry.recording +
                           ") and no session.json, so it is no session and is left out; 'reelcell "
                           "init' proposes one");
  for (const auto& [folder, names] : files)
    diagnostics.note("file-left-out", folder.string(),
                     names.front() +
                         (names.size() == 1 ? std::string(" belongs")
                                            : " and " + std::to_string(names.size() - 1) +
                                                  (names.size() == 2 ? " other file belong"
                                                                     : " other files belong")) +
                         " to no session here and " + (names.size() == 1 ? "is" : "are") +
                         " left out; 'reelcell init' proposes a session.json that joins the files "
                         "of a folder");
  for (const fs::path& link : list.dangling) {
    std::error_code error;
    diagnostics.warn("link-dangling", link.string(),
                     "leads to " + fs::read_symlink(link, error).string() +
                         ", which is not there; if that is a session, it is missing in the build");
  }
}

std::vector<SessionRef> find_sessions(const std::vector<fs::path>& paths) {
  SessionList list = list_sessions(paths);
  if (!list.clashes.empty())
    throw PlanError(list.clashes.front().path.string(), list.clashes.front().message);
  if (!list.unreadable.empty()) throw InputError(list.unreadable.front().reason);
  return std::move(list.refs);
}

}  // namespace reelcell::pipeline
