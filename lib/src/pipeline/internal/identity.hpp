// Has an input changed since we read it? Answered without reading it.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "reelcell/pipeline/recipe.hpp"
#include "reelcell/pipeline/session.hpp"

namespace reelcell::pipeline {

/// Files that a session, the options of its readers and the recipe's segmenters name, whether they
/// are there or not; a session without session.json is its own file. Throws InputError when
/// session.json cannot be read.
std::vector<fs::path> files_of_session(const SessionRef& ref, const Recipe& recipe);

/// What sessions were read: id -> of_files().
using SessionInputs = std::map<std::string, std::string>;

/// Files, as lineage names them, that are not as they were, given of_files() before and now.
/// Nothing where one of them does not say: of what has no session.json.
std::optional<std::set<std::string>> changed_files(const std::string& before,
                                                   const std::string& now);

/// Sizes and change times of a session's files (those of its streams, those that the options of
/// its readers and of the recipe's segmenters and objects name, the plan), and what session.json
/// says, as a short text; of an episode of a data set, the files that hold its rows and frames and
/// what the metadata say of it. Where the data lies is not part of it. Remembers files that many
/// sessions share. Thread-safe. Borrows the recipe.
class InputIdentity {
 public:
  explicit InputIdentity(const Recipe& recipe) : recipe_(&recipe) {}
  /// Never throws for a damaged session: the reader will say what is wrong with it.
  std::string of(const SessionRef& ref);
  /// The same but for the session's id; where it has a session.json, with a line for each file:
  /// what it was, and its path.
  std::string of_files(const SessionRef& ref);

 private:
  std::string of_path(const fs::path& path);
  const Recipe* recipe_;
  std::mutex mutex_;
  std::map<std::string, std::string> known_;
};

/// XXH3-128 of text, in hex.
std::string fingerprint_of(ByteView bytes);

}  // namespace reelcell::pipeline
