// The same stretch of the same recordings in two of the sources.
#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>

#include "edit/edit_plan.hpp"
#include "internal/content_digest.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/base/hash.hpp"

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

/// Hash of the clips' coded frames, the same wherever they lie.
std::string coded_frames(const StoredCorpus& corpus, std::size_t sample) {
  LoadOptions options;
  options.wants_pixels = false;
  options.rate = corpus.schema().rate;
  const LoadedEpisode loaded = corpus.load(sample, options);
  Hasher hash(Hasher::Kinds::kXxh3Only);
  for (const EpisodeClip& clip : loaded.episode.clips) {
    hash.update(as_bytes(clip.feature + "\n"));
    for (const VideoPacket& packet : clip.packets.packets) {
      hash.update(as_bytes(std::to_string(packet.data->size()) + "\n"));
      hash.update(*packet.data);
    }
  }
  return hash.finish().xxh3_128;
}

/// Samples by what they hold, where a source does not say what its rows were read from. The rows
/// tell most apart; the frames are only read of those whose rows are the same.
class Contents {
 public:
  Contents(const std::vector<PlannedSample>& samples, const EditPlan::Impl& plan) : plan_(&plan) {
    for (const PlannedSample& sample : samples)
      sources_of_length_[plan.stored(sample).rows].insert(sample.source);
  }

  /// Notes the sample as number `number`, or gives the number of one of another source that holds
  /// the same.
  std::optional<std::size_t> twin_or_note(const PlannedSample& sample, std::size_t number) {
    // Of a length that only one source has: a double of none. A set that states no length has 0.
    const auto& sources = sources_of_length_.at(plan_->stored(sample).rows);
    if (sources.size() < 2 && !sources_of_length_.contains(0)) return std::nullopt;
    try {
      const StoredCorpus& corpus = *plan_->sources[sample.source];
      auto& same_rows = by_rows_[columns_digest(corpus.load_rows(sample.sample).episode.columns)];
      for (Noted& noted : same_rows)
        if (noted.source != sample.source &&
            frames_of(noted) == coded_frames(corpus, sample.sample))
          return noted.number;
      same_rows.push_back({number, sample.source, sample.sample, ""});
    } catch (const InputError&) {
      // It cannot be read, which is told when it is written.
    }
    return std::nullopt;
  }

 private:
  struct Noted {
    std::size_t number, source, sample;
    std::string frames;  ///< once they were asked for
  };
  const std::string& frames_of(Noted& noted) const {
    if (noted.frames.empty())
      noted.frames = coded_frames(*plan_->sources[noted.source], noted.sample);
    return noted.frames;
  }

  const EditPlan::Impl* plan_;
  std::map<std::uint64_t, std::set<std::size_t>> sources_of_length_;
  std::unordered_map<std::string, std::vector<Noted>> by_rows_;
};

bool has_bare_set(const EditPlan::Impl& plan) {
  return std::any_of(plan.sources.begin(), plan.sources.end(),
                     [](const auto& source) { return source->manifest().empty(); });
}

}  // namespace

void find_doubles(std::vector<PlannedSample>& samples, bool distinct, EditPlan::Impl& plan) {
  if (plan.sources.size() < 2) return;
  std::unordered_map<std::string, std::size_t> first;
  std::optional<Contents> contents;
  if (has_bare_set(plan)) contents.emplace(samples, plan);
  std::vector<PlannedSample> kept;
  std::vector<LeftOut> doubles;
  for (PlannedSample& sample : samples) {
    const std::string origin = origin_of(sample, plan);
    const auto [known, fresh] = first.try_emplace(origin, kept.size());
    std::optional<std::size_t> twin;
    if (!origin.empty() && !fresh && kept[known->second].source != sample.source)
      twin = known->second;
    const char* what = " holds the same stretch of the same recordings";
    if (!twin && contents) {
      twin = contents->twin_or_note(sample, kept.size());
      what = " holds the same rows and coded frames";
    }
    if (!twin) {
      kept.push_back(std::move(sample));
      continue;
    }
    doubles.push_back({plan.stored(sample).key,
                       "edit: '" + plan.stored(kept[*twin]).key + "' of " +
                           plan.sources[kept[*twin].source]->path().string() + what,
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
