// What corpora of ours and bare data sets have in common.
#include "edit/stored.hpp"

#include "reelcell/base/error.hpp"

namespace reelcell::pipeline::edit {

LoadedEpisode begin_episode(const StoredSample& sample, const SampleDetails& details) {
  LoadedEpisode loaded;
  Episode& episode = loaded.episode;
  episode.key = sample.key;
  episode.session_id = sample.session;
  episode.session_attributes = details.session_attributes;
  episode.segment = details.segment;
  episode.split = sample.split;
  episode.rows = sample.rows;
  episode.lineage = details.lineage;
  return loaded;
}

SamplePlace place_of(const StoredSample& sample, const Json& entry, const std::string& output,
                     const std::string& where) {
  for (const Json& place : entry.value("places", Json::array()))
    if (place.value("output", "") == output)
      return {sample.episode, place.value("file", ""), place.value("details", Json::object())};
  throw InputError(where,
                   "does not say where sample '" + sample.key + "' lies in '" + output + "'");
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
