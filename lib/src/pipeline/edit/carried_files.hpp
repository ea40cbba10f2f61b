// What of a corpus stays as it is when samples are taken out of it.
#pragma once

#include "edit/edit_plan.hpp"

namespace reelcell::pipeline::edit {

/// The files of a corpus that hold nothing of what is taken out of it, by output: of an edit that
/// forgets a group and does nothing else, of sessions that are replaced.
class CarriedFiles {
 public:
  /// Is it an edit of that kind?
  static bool may_be(const EditPlan::Impl& plan);
  explicit CarriedFiles(const EditPlan::Impl& plan);
  /// Borrows the corpus. `gone`: numbers of samples.
  CarriedFiles(const StoredCorpus& source, const std::set<std::size_t>& gone);
  /// Of a kept sample, whose entry in the manifest is given, in output `output`. Throws InputError
  /// where that does not say.
  EarlierPlace before(std::size_t sample, const Json& entry, std::size_t output) const;

 private:
  SamplePlace place(std::size_t sample, const Json& entry, std::size_t output) const;
  const StoredCorpus* source_;
  std::vector<std::string> folders_;
  std::vector<std::set<std::string>> whole_;
};

}  // namespace reelcell::pipeline::edit
