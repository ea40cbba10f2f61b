#include "internal/adopt_corpus.hpp"

#include <functional>
#include <numeric>

#include "reelcell/base/error.hpp"
#include "reelcell/base/ordered_pool.hpp"

namespace reelcell::pipeline {
namespace {

void require_whole(const PriorCorpus& prior, const edit::LoadedEpisode& loaded) {
  if (loaded.losses->has_loss())
    throw InputError(prior.path().string(), "sample '" + loaded.episode.key +
                                                "' cannot be read whole, so the figures of "
                                                "the corpus cannot be made; see 'reelcell "
                                                "validate'");
}

std::uint64_t bytes_of_row(const CorpusSchema& schema) {
  std::uint64_t bytes = 32 * (1 + schema.time_streams.size());
  for (const FeatureSpec& spec : schema.features)
    if (!spec.is_video)
      bytes += 8 * static_cast<std::uint64_t>(std::accumulate(spec.shape.begin(), spec.shape.end(),
                                                              std::int64_t{1}, std::multiplies()));
  return bytes;
}

std::uint64_t bytes_of_clips(const Json& entry) {
  std::uint64_t bytes = 0;
  for (const Json& clip : entry.value("clips", Json::array()))
    bytes += clip.value("bytes", std::uint64_t{0});
  return bytes;
}

void adopt(const PriorCorpus& prior, std::size_t i, const edit::LoadedEpisode& loaded,
           const BuildPlan& plan, CorpusParts& parts) {
  const Json entry = prior.entry(i);
  for (std::size_t w = 0; w < parts.writers.size(); ++w)
    parts.writers[w]->adopt(loaded.episode, prior.place(i, entry, plan.recipe.outputs[w].folder));
  parts.manifest.adopt(loaded.episode, entry);
}

void carry(const PriorCorpus& prior, std::size_t i, edit::LoadedEpisode& loaded,
           CorpusParts& parts) {
  const Json entry = prior.entry(i);
  loaded.episode.index = i;
  std::vector<SamplePlace> places;
  for (std::size_t w = 0; w < parts.writers.size(); ++w)
    places.push_back(parts.writers[w]->carry(loaded.episode, prior.before(i, entry, w)));
  parts.manifest.carry(loaded.episode, entry, places);
}

}  // namespace

std::set<std::string> whole_sessions(const BuildPlan& plan, const PriorCorpus* prior) {
  std::set<std::string> ids;
  for (const SessionRef& ref : plan.sessions)
    if (!prior || !prior->has_samples_of(ref.id)) ids.insert(ref.id);
  return ids;
}

void adopt_corpus(const PriorCorpus& prior, const BuildPlan& plan, const BuildRequest& request,
                  CorpusParts parts, Progress& progress) {
  const std::set<std::string> again = whole_sessions(plan, &prior);
  std::set<std::string> keys;
  for (const Candidate& candidate : plan.candidates) keys.insert(candidate.key);
  prior.for_each_decision(again, keys,
                          [&](const Decision& decision) { parts.report.decisions.add(decision); });
  parts.report.quarantined = prior.quarantined(again);
  parts.report.visits = prior.visits(again);
  LostParts before = prior.lost(again, keys);
  parts.lost.sessions.merge(before.sessions);
  parts.lost.segments.merge(before.segments);
  const bool whole = !prior.leaves_out();
  // Sums of all pictures cannot be parted: those of what stays are counted again.
  parts.manifest.adopt_corpus(prior.manifest(), prior.generations(), whole);
  progress.begin("read", prior.size(), "samples");
  const std::uint64_t row_bytes = bytes_of_row(plan.schema);
  ordered_pool<edit::LoadedEpisode>(
      prior.size(), request.threads,
      [&](std::size_t i) { return whole ? prior.load(i) : prior.load_whole(i); },
      [&](std::size_t i, edit::LoadedEpisode&& loaded) {
        require_whole(prior, loaded);
        if (whole)
          adopt(prior, i, loaded, plan, parts);
        else
          carry(prior, i, loaded, parts);
        parts.accountant.add(loaded.episode);
        progress.advance(i + 1);
      },
      0,
      {[&](std::size_t i) {
         return prior.sample(i).rows * row_bytes + (whole ? 0 : bytes_of_clips(prior.entry(i)));
       },
       request.memory ? request.memory : default_memory()});
  progress.end();
}

}  // namespace reelcell::pipeline
