#include "edit/carried_files.hpp"

#include "reelcell/base/error.hpp"

namespace reelcell::pipeline::edit {
namespace {

SamplePlace place_of(const StoredCorpus& source, const StoredSample& sample,
                     const std::string& output) {
  for (const Json& entry : sample.manifest.value("places", Json::array()))
    if (entry.value("output", "") == output)
      return {sample.episode, entry.value("file", ""), entry.value("details", Json::object())};
  throw InputError((source.path() / "corpus.json").string(),
                   "does not say where sample '" + sample.key + "' lies in '" + output + "'");
}

std::set<std::string> files_of(const SamplePlace& place) {
  std::set<std::string> files{place.file};
  for (const Json& video : place.details.value("videos", Json::object()))
    files.insert(video.value("file", ""));
  return files;
}

}  // namespace

bool CarriedFiles::may_be(const EditPlan::Impl& plan) {
  return plan.operations == std::vector<std::string>{"forget"} && plan.sources.size() == 1 &&
         !plan.sources[0]->manifest().empty();
}

CarriedFiles::CarriedFiles(const EditPlan::Impl& plan) : source_(plan.sources[0].get()) {
  std::set<std::size_t> gone;
  for (const LeftOut& sample : plan.forgotten) gone.insert(sample.sample);
  for (const OutputRule& output : plan.recipe.outputs) {
    folders_.push_back(output.folder);
    std::set<std::string>& whole = whole_.emplace_back();
    for (const StoredSample& sample : source_->samples())
      whole.merge(files_of(place_of(*source_, sample, output.folder)));
    for (const std::size_t i : gone)
      for (const std::string& file :
           files_of(place_of(*source_, source_->samples()[i], output.folder)))
        whole.erase(file);
  }
}

EarlierPlace CarriedFiles::before(const StoredSample& sample, std::size_t output) const {
  return {source_->path(), place_of(*source_, sample, folders_[output]), &whole_[output]};
}

}  // namespace reelcell::pipeline::edit
