#include "reelcell/pipeline/watch.hpp"

#include <algorithm>

#include "internal/build_folder.hpp"
#include "internal/identity.hpp"
#include "internal/run_build.hpp"
#include "reelcell/base/error.hpp"

namespace reelcell::pipeline {
namespace {

std::vector<fs::path> children_of(const fs::path& folder) {
  std::error_code error;
  if (!fs::is_directory(folder, error))
    throw InputError(folder.string(), "is no folder; expected one in which sessions arrive");
  std::vector<fs::path> children;
  fs::directory_iterator entries(folder, error);
  if (error)
    throw InputError(folder.string(), "cannot be looked into: " + errno_text(error.value()));
  for (const auto& entry : entries) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(".")) continue;
    // As everywhere: loose files beside sessions are none. A corpus is what comes out.
    if (name.ends_with(".mcap") ||
        (entry.is_directory(error) && !fs::exists(entry.path() / "corpus.json", error) &&
         !fs::exists(entry.path() / ".reelcell", error)))
      children.push_back(entry.path());
  }
  std::sort(children.begin(), children.end());
  return children;
}

/// The first file that the session names and that is not there, "" when all are.
std::string missing_file(const SessionRef& ref, const Recipe& recipe) {
  for (const fs::path& file : files_of_session(ref, recipe)) {
    std::error_code error;
    if (!fs::exists(file, error)) return file.lexically_relative(ref.path).generic_string();
  }
  return "";
}

}  // namespace

bool Arrivals::is_marked(const fs::path& child) const {
  std::error_code error;
  if (fs::is_directory(child, error)) return fs::exists(child / options_.marker, error);
  return fs::exists(child.string() + "." + options_.marker, error);
}

bool Arrivals::Look::settling() const {
  return std::any_of(waiting.begin(), waiting.end(), [](const Waiting& w) { return w.settling; });
}

/// Takes the child into `look.whole`, or says why it has to wait.
Arrivals::Waiting Arrivals::examine(const fs::path& child, Clock::time_point now, Look& look) {
  const std::string name = child.filename().string();
  std::vector<SessionRef> refs;
  std::string state;
  std::error_code error;
  // Recordings in a folder whose session.json is still to come are parts of that session.
  if (fs::is_directory(child, error) && !fs::exists(child / "session.json", error))
    return {name, "session.json is missing"};
  try {
    refs = find_sessions({child});
    for (const SessionRef& ref : refs) {
      const std::string missing = missing_file(ref, *recipe_);
      if (!missing.empty()) return {name, missing + " is missing"};
    }
    InputIdentity identity(*recipe_);
    for (const SessionRef& ref : refs) state += identity.of(ref) + "\n";
  } catch (const InputError& bad) {
    // What its marker says is complete does not get better by waiting.
    const bool complete = !options_.marker.empty() && is_marked(child);
    return {name, bad.what(), false, complete};
  } catch (const fs::filesystem_error& bad) {  // it was moved away, or is another user's
    return {name, errno_text(bad.code().value())};
  }
  if (!options_.marker.empty() && !is_marked(child))
    return {name, "the file '" + options_.marker + "' is missing"};
  Seen& seen = seen_.try_emplace(name, Seen{state, now}).first->second;
  if (seen.state != state) seen = {state, now};
  if (options_.marker.empty() && now - seen.since < options_.settle)
    return {name, "it changed, or came, a moment ago", true};
  for (SessionRef& ref : refs) {
    const bool taken = std::any_of(look.whole.begin(), look.whole.end(),
                                   [&](const SessionRef& other) { return other.id == ref.id; });
    if (taken) return {name, "another session has its id '" + ref.id + "'"};
  }
  std::move(refs.begin(), refs.end(), std::back_inserter(look.whole));
  look.state += state;
  return {};
}

Arrivals::Look Arrivals::look(Clock::time_point now) {
  Look look;
  for (const fs::path& child : children_of(options_.folder)) {
    Waiting waiting = examine(child, now, look);
    if (!waiting.reason.empty()) look.waiting.push_back(std::move(waiting));
  }
  return look;
}

void clear_up_after_kill(const fs::path& corpus) {
  std::error_code error;
  const fs::path state = corpus / ".reelcell";
  const bool moving = fs::exists(state / "swap", error);
  const bool left = fs::exists(state / "spool", error) || fs::exists(state / "next", error);
  if (!moving && (!left || !fs::exists(corpus / "corpus.json", error))) return;
  BuildFolder folder(corpus);  // finishes the move
  const std::string build = folder.fingerprint();
  if (!folder.complete() || build.empty()) return;
  folder.finish(build, folder.inputs(), has_failures(read_json_file(corpus / "report.json")));
}

}  // namespace reelcell::pipeline
