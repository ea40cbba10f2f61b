#include "internal/accountant.hpp"

#include "reelcell/media/cause.hpp"

namespace reelcell::pipeline {

void Accountant::add(const Episode& episode) {
  report_->episodes += 1;
  report_->rows += episode.rows;
  for (const EpisodeClip& clip : episode.clips) add_clip(clip);
  std::set<std::string>& recordings = recordings_[episode.session_id];
  for (const SourceLineage& line : episode.lineage) {
    if (!line.no_hash.empty())
      unhashed_.try_emplace({episode.session_id, line.stream}, line.no_hash);
    // Without a hash it is like no other.
    if (line.gave_rows())
      recordings.insert(line.xxh3_128.empty() ? episode.session_id : line.xxh3_128);
  }
  for (const RowTimes& times : episode.row_times) {
    timeline::SkewStats& skews = skews_[times.stream];
    skews.begin_segment();
    skews.add(times, Nanos(0));
  }
}

void Accountant::finish() {
  for (const auto& [source, reason] : unhashed_)
    report_->unhashed.push_back({source.first, source.second, reason});
  for (const auto& [stream, skews] : skews_) {
    timeline::StreamAlignment line;
    line.stream = stream;
    skews.fill(line);
    report_->alignment.push_back(std::move(line));
  }
}

std::vector<std::pair<std::string, std::string>> Accountant::identical() const {
  std::map<std::set<std::string>, std::string> first;
  std::vector<std::pair<std::string, std::string>> found;
  for (const auto& [session, recordings] : recordings_) {
    if (recordings.empty()) continue;
    const auto [known, fresh] = first.try_emplace(recordings, session);
    if (!fresh) found.emplace_back(session, known->second);
  }
  return found;
}

namespace {
/// "..; and 2 more pieces of the clip": the first piece's cause stands for the clip.
std::string cause_of_clip(const std::string& reason) {
  return media::cause_of(std::string_view(reason).substr(0, reason.find("; and ")));
}
}  // namespace

void Accountant::add_clip(const EpisodeClip& clip) {
  if (clip.packets.frames == 0) return;
  ClipAccount& account = report_->clips[clip.feature];
  account.copied_frames += clip.copied_frames;
  account.copied_bytes += clip.copied_bytes;
  account.encoded_frames += clip.packets.frames - clip.copied_frames;
  account.encoded_bytes += clip.packets.bytes - clip.copied_bytes;
  if (clip.packets.copied) {
    account.copied_clips += 1;
  } else {
    account.encoded_clips += 1;
    account.joined_clips += clip.copied_frames > 0;
    account.reasons[cause_of_clip(clip.packets.reason)] += 1;
  }
}

}  // namespace reelcell::pipeline
