// The files of a corpus that are its own, not an output's: corpus.json, report.json, README.md.
#pragma once

#include <functional>
#include <string>

#include "reelcell/base/json_stream.hpp"
#include "reelcell/model/corpus.hpp"

namespace reelcell::pipeline {

/// Writes out/name value by value, whole or not at all. Throws OutputError.
CorpusFile write_json_file(const fs::path& out, const char* name,
                           const std::function<void(JsonStream&)>& fill);
CorpusFile write_text_file(const fs::path& out, const char* name, const std::string& text);

}  // namespace reelcell::pipeline
