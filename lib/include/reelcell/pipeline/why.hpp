// Where a sample of a corpus came from: every byte and every label.
#pragma once

#include "reelcell/base/file.hpp"
#include "reelcell/base/json.hpp"

namespace reelcell::pipeline {

struct WhyRequest {
  fs::path corpus;
  std::string sample;             ///< key or episode number
  std::vector<fs::path> sources;  ///< where the sessions may lie; their files are hashed again
  bool check_files = false;       ///< hash the corpus's own files that hold the sample
};
/// One document: the sample, its sources with hashes, pts ranges and clock maps, its clips and why
/// each was copied or encoded, gates with figures, labels with rule, inputs and explanation, the
/// files that hold it with offsets, and the edits it went through. "intact" is false when a file
/// that was hashed has other bytes. Throws InputError.
Json why_sample(const WhyRequest& request);

}  // namespace reelcell::pipeline
