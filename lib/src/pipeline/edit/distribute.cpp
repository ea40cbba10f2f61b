// One corpus, or several: by shares of the groups, by SQL, or one for each group.
#include <algorithm>

#include "edit/edit_plan.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/curate/split.hpp"

namespace reelcell::pipeline::edit {
namespace {

std::string folder_name(const std::string& group) {
  std::string name;
  for (const char c : group)
    name += std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-' ? c : '_';
  return name.empty() ? "_" : name;
}

void check_name(const std::string& name) {
  if (folder_name(name) != name)
    throw InputError("--split", "'" + name +
                                    "' cannot name a folder: letters, digits, '_' and '-' are "
                                    "expected");
}

Part& part_of(std::vector<Part>& parts, const std::string& name) {
  for (Part& part : parts)
    if (part.name == name) return part;
  return parts.emplace_back(Part{name, {}});
}

std::vector<Part> by_group(std::vector<PlannedSample> samples) {
  std::vector<Part> parts;
  std::map<std::string, std::string> taken;
  for (PlannedSample& sample : samples) {
    std::string name = folder_name(sample.group);
    while (taken.try_emplace(name, sample.group).first->second != sample.group) name += "_";
    part_of(parts, name).samples.push_back(std::move(sample));
  }
  return parts;
}

/// By hash of the group, as a build's splits: no group in two corpora, stable when data is added.
std::vector<Part> by_ratio(const EditRequest& request, std::vector<PlannedSample> samples) {
  std::vector<Part> parts;
  double total = 0;
  for (const auto& [name, share] : request.split_ratios) {
    check_name(name);
    part_of(parts, name);
    if (!(share > 0)) throw InputError("--split", "'" + name + "' needs a share above 0");
    total += share;
  }
  curate::SplitRule rule;
  rule.ratios.clear();
  for (const auto& [name, share] : request.split_ratios)
    rule.ratios.emplace_back(name, share / total);
  for (PlannedSample& sample : samples)
    part_of(parts, curate::split_of(rule, sample.group)).samples.push_back(std::move(sample));
  return parts;
}

/// What no predicate takes goes into "rest".
std::vector<Part> by_predicate(const EditRequest& request, std::vector<PlannedSample> samples,
                               const EditPlan::Impl& plan) {
  std::vector<Part> parts;
  std::vector<std::string> owner(samples.size());
  for (const auto& [name, predicate] : request.split_wheres) {
    check_name(name);
    part_of(parts, name);
    const std::vector<bool> matches = SampleTable(samples, plan).matches(predicate);
    for (std::size_t i = 0; i < samples.size(); ++i) {
      if (!matches[i]) continue;
      if (!owner[i].empty())
        throw InputError("--split-where", "sample '" + samples[i].key + "' is in '" + owner[i] +
                                              "' and in '" + name + "'");
      owner[i] = name;
    }
  }
  for (std::size_t i = 0; i < samples.size(); ++i)
    part_of(parts, owner[i].empty() ? "rest" : owner[i]).samples.push_back(std::move(samples[i]));
  return parts;
}

}  // namespace

std::vector<Part> distribute(const EditRequest& request, std::vector<PlannedSample> samples,
                             const EditPlan::Impl& plan, Diagnostics& diagnostics) {
  const int ways =
      !request.split_ratios.empty() + !request.split_wheres.empty() + int{request.split_by_group};
  if (ways > 1)
    throw InputError("--split", "give one of --split, --split-where and --split-by-group");
  std::vector<Part> parts;
  if (request.split_by_group)
    parts = by_group(std::move(samples));
  else if (!request.split_ratios.empty())
    parts = by_ratio(request, std::move(samples));
  else if (!request.split_wheres.empty())
    parts = by_predicate(request, std::move(samples), plan);
  else
    return {{"", std::move(samples)}};
  for (const Part& part : parts)
    if (part.samples.empty())
      diagnostics.warn("split-empty", part.name,
                       request.split_ratios.empty()
                           ? "no sample fits its predicate; there is no such corpus"
                           : "no group fell to its share; there is no such corpus. Groups are kept "
                             "whole and shared out by hash, so a few of them divide unevenly");
  std::erase_if(parts, [](const Part& part) { return part.samples.empty(); });
  return parts;
}

}  // namespace reelcell::pipeline::edit
