// What corpora of ours and bare data sets have in common.
#include "edit/stored.hpp"

#include "reelcell/base/error.hpp"

namespace reelcell::pipeline::edit {

LoadedEpisode begin_episode(const StoredSample& sample) {
  LoadedEpisode loaded;
  Episode& episode = loaded.episode;
  episode.key = sample.key;
  episode.session_id = sample.session;
  episode.session_attributes = sample.session_attributes;
  episode.segment = sample.segment;
  episode.split = sample.split;
  episode.rows = sample.rows;
  episode.lineage = sample.lineage;
  return loaded;
}

Label read_label(const std::string& name, const Json& label) {
  return {name,
          value_from_json(label.value("value", Json())),
          label.value("confidence", 1.0),
          label.value("rule", ""),
          label.value("inputs", std::vector<std::string>{}),
          label.value("explanation", "")};
}

std::unique_ptr<StoredCorpus> StoredCorpus::open(const fs::path& path) {
  std::error_code error;
  if (!fs::exists(path, error)) throw InputError(path.string(), "does not exist; check the path");
  if (fs::exists(path / "corpus.json", error)) return open_made_corpus(path);
  if (fs::exists(path / "meta" / "info.json", error)) return open_bare_set(path);
  throw InputError(path.string(),
                   "holds neither corpus.json nor meta/info.json; a corpus or a LeRobot data set "
                   "was expected");
}

}  // namespace reelcell::pipeline::edit
