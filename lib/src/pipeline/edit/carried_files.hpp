// What of a corpus stays as it is when samples are taken out of it.
#pragma once

#include "edit/edit_plan.hpp"

namespace reelcell::pipeline::edit {

/// For an edit that forgets a group and does nothing else: the files of its one source that hold
/// nothing of the group, by output.
class CarriedFiles {
 public:
  /// Is it such an edit?
  static bool may_be(const EditPlan::Impl& plan);
  explicit CarriedFiles(const EditPlan::Impl& plan);
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
