#include "edit/carried_files.hpp"

#include "reelcell/base/error.hpp"

namespace reelcell::pipeline::edit {
namespace {

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

namespace {
std::set<std::size_t> forgotten(const EditPlan::Impl& plan) {
  std::set<std::size_t> gone;
  for (const LeftOut& sample : plan.forgotten) gone.insert(sample.sample);
  return gone;
}
}  // namespace

CarriedFiles::CarriedFiles(const EditPlan::Impl& plan)
    : CarriedFiles(*plan.sources[0], forgotten(plan)) {}

CarriedFiles::CarriedFiles(const StoredCorpus& source, const std::set<std::size_t>& gone)
    : source_(&source) {
  for (const OutputRule& output : source.recipe().outputs) {
    folders_.push_back(output.folder);
    whole_.emplace_back();
  }
  std::vector<std::set<std::string>> touched(whole_.size());
  for (std::size_t i = 0; i < source_->samples().size(); ++i) {
    const Json entry = source_->details(i).manifest;
    for (std::size_t output = 0; output < whole_.size(); ++output)
      (gone.contains(i) ? touched : whole_)[output].merge(files_of(place(i, entry, output)));
  }
  for (std::size_t output = 0; output < whole_.size(); ++output)
    for (const std::string& file : touched[output]) whole_[output].erase(file);
}

SamplePlace CarriedFiles::place(std::size_t sample, const Json& entry, std::size_t output) const {
  return place_of(source_->samples()[sample], entry, folders_[output],
                  (source_->path() / "corpus.json").string());
}

EarlierPlace CarriedFiles::before(std::size_t sample, const Json& entry, std::size_t output) const {
  return {source_->path(), place(sample, entry, output), &whole_[output]};
}

}  // namespace reelcell::pipeline::edit
