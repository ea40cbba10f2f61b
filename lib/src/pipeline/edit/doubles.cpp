// The same stretch of the same recordings in two of the sources.
#include <algorithm>
#include <unordered_map>

#include "edit/edit_plan.hpp"
#include "reelcell/base/error.hpp"

namespace reelcell::pipeline::edit {
namespace {

/// What the rows were read from; "" where a source has no hash, so that nobody can tell.
std::string origin_of(const PlannedSample& sample, const EditPlan::Impl& plan) {
  std::vector<std::string> lines;
  bool placed = false;
  for (const SourceLineage& line : plan.details(sample).lineage) {
    if (!line.gave_rows()) continue;
    if (line.sha256.empty() || !line.timed) return "";
    // Rows of a data set count from their episode's start, in a file that several may share.
    placed = placed || line.format != "lerobot" || line.item != "frames";
    lines.push_back(line.sha256 + " " + line.item + " " + std::to_string(line.first_pts) + " " +
                    std::to_string(line.last_pts));
  }
  std::sort(lines.begin(), lines.end());
  std::string all;
  for (const std::string& line : lines) all += line + "\n";
  if (!placed && !all.empty()) all += plan.stored(sample).session;
  return all;
}

}  // namespace

void find_doubles(std::vector<PlannedSample>& samples, bool distinct, EditPlan::Impl& plan) {
  if (plan.sources.size() < 2) return;
  std::unordered_map<std::string, std::size_t> first;
  std::vector<PlannedSample> kept;
  std::vector<LeftOut> doubles;
  for (PlannedSample& sample : samples) {
    const std::string origin = origin_of(sample, plan);
    const auto [known, fresh] = first.try_emplace(origin, kept.size());
    const bool is_double = !origin.empty() && !fresh && kept[known->second].source != sample.source;
    if (!is_double) {
      kept.push_back(std::move(sample));
      continue;
    }
    const PlannedSample& twin = kept[known->second];
    doubles.push_back({plan.stored(sample).key,
                       "edit: '" + plan.stored(twin).key + "' of " +
                           plan.sources[twin.source]->path().string() +
                           " holds the same stretch of the same recordings",
                       sample.source, sample.sample});
  }
  if (!doubles.empty() && !distinct)
    throw PlanError(
        plan.sources[doubles.front().source]->path().string(),
        "sample '" + doubles.front().key + "'" +
            (doubles.size() > 1 ? " and " + std::to_string(doubles.size() - 1) + " more are"
                                : " is") +
            " in an earlier source too (" + doubles.front().reason.substr(6) +
            "); merging would double them. Give --distinct to keep the first of each");
  plan.left_out.insert(plan.left_out.end(), doubles.begin(), doubles.end());
  samples = std::move(kept);
}

}  // namespace reelcell::pipeline::edit
