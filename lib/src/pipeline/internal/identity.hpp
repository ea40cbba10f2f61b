// Has an input changed since we read it? Answered without reading it.
#pragma once

#include <map>
#include <mutex>
#include <string>

#include "reelcell/pipeline/recipe.hpp"
#include "reelcell/pipeline/session.hpp"

namespace reelcell::pipeline {

/// Sizes and change times of a session's files (those of its streams, those that the options of
/// its readers and of the recipe's segmenters and objects name, the plan), and what session.json
/// says, as a short text. Where the data lies is not part of it. Remembers folders that many
/// sessions share (data sets). Thread-safe. Borrows the recipe.
class InputIdentity {
 public:
  explicit InputIdentity(const Recipe& recipe) : recipe_(&recipe) {}
  /// Never throws for a damaged session: the reader will say what is wrong with it.
  std::string of(const SessionRef& ref);

 private:
  std::string of_session(const SessionRef& ref, const SessionDescription& session);
  std::string of_path(const fs::path& path);
  const Recipe* recipe_;
  std::mutex mutex_;
  std::map<std::string, std::string> known_;
};

/// XXH3-128 of text, in hex.
std::string fingerprint_of(ByteView bytes);

}  // namespace reelcell::pipeline
