// Small episodes made in code, for the tests of this writer.
#pragma once

#include "reelcell/model/corpus.hpp"

namespace reelcell::test {

/// A schema with a state of 3, a scalar, a text and a camera.
CorpusSchema small_schema();
/// `rows` rows at 30 Hz with a clip of `rows` frames, one still, true times and native force.
Episode small_episode(std::uint64_t index, std::size_t rows, const std::string& split = "train");
WriterContext small_context(const fs::path& root, Json options = Json::object());
/// Writes the episodes and closes.
WriterReport write_corpus(const fs::path& root, const std::vector<Episode>& episodes,
                          Json options = Json::object());

}  // namespace reelcell::test
