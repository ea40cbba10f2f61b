#include "internal/accountant.hpp"

#include "reelcell/media/cause.hpp"

namespace reelcell::pipeline {

void Accountant::add(const Episode& episode) {
  report_->episodes += 1;
  report_->rows += episode.rows;
  for (const EpisodeClip& clip : episode.clips) add_clip(clip);
  for (const RowTimes& times : episode.row_times) {
    skews_[times.stream].add(times, Nanos(0));
    count_flags(times);
  }
}

void Accountant::finish() {
  for (auto& [stream, line] : lines_) {
    line.stream = stream;
    skews_[stream].fill(line);
    report_->alignment.push_back(line);
  }
}

namespace {
/// "..; and 2 more pieces of the clip": the first piece's cause stands for the clip.
std::string cause_of_clip(const std::string& reason) {
  return media::cause_of(std::string_view(reason).substr(0, reason.find("; and ")));
}
}  // namespace

void Accountant::add_clip(const EpisodeClip& clip) {
  if (clip.packets.packets.empty()) return;
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

void Accountant::count_flags(const RowTimes& times) {
  timeline::StreamAlignment& line = lines_[times.stream];
  line.rows += times.flag.size();
  for (std::size_t i = 0; i < times.flag.size(); ++i) {
    switch (times.flag[i]) {
      case JoinFlag::kExact:
        ++line.exact;
        break;
      case JoinFlag::kInterpolated:
        ++line.interpolated;
        break;
      case JoinFlag::kHeld:
        ++line.held;
        break;
      case JoinFlag::kNearest:
        ++line.nearest;
        break;
      case JoinFlag::kGap:
        ++line.gap_rows;
        break;
    }
    line.reused += i > 0 && times.source[i] == times.source[i - 1];
  }
}

}  // namespace reelcell::pipeline
