#include "internal/pixel_pass.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "internal/camera_forms.hpp"
#include "internal/encoding.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/media/decode.hpp"
#include "reelcell/media/depth.hpp"
#include "reelcell/stats/stats.hpp"

namespace reelcell::pipeline {

std::vector<bool> rows_for_stats(const std::string& mode, std::size_t rows) {
  std::vector<bool> wanted(rows, mode == "all");
  if (mode != "sampled") return wanted;
  const auto power = static_cast<std::size_t>(std::pow(static_cast<double>(rows), 0.75));
  const std::size_t count =
      std::min(rows, std::max<std::size_t>(100, std::min<std::size_t>(power, 10'000)));
  for (std::size_t i = 0; i < count; ++i)
    wanted[count > 1 ? (i * (rows - 1) + (count - 1) / 2) / (count - 1) : 0] = true;
  return wanted;
}

namespace {

using Instant = StillInstant::Kind;

/// Or is it the default, which depth need not have?
bool names_still_format(const Recipe& recipe) {
  const auto stills = recipe.document.find("stills");
  return stills != recipe.document.end() && stills->contains("format");
}

/// Of the instants that are rows.
std::optional<std::size_t> still_row(Instant at, std::size_t rows) {
  if (at == Instant::kFirst) return 0;
  if (at == Instant::kMiddle) return rows / 2;
  return at == Instant::kLast ? std::optional(rows - 1) : std::nullopt;
}

/// The frame nearest to a time (of two the earlier), as the join of rows takes it; nothing when
/// none lies within the tolerance.
std::optional<std::uint32_t> nearest_frame(const std::vector<SessionTime>& times,
                                           const std::set<std::uint32_t>& without, SessionTime time,
                                           Nanos tolerance) {
  std::vector<SessionTime> kept_times;
  std::vector<std::uint32_t> kept;
  for (std::uint32_t i = 0; !without.empty() && i < times.size(); ++i) {
    if (without.contains(i)) continue;
    kept.push_back(i);
    kept_times.push_back(times[i]);
  }
  const auto join =
      timeline::join_nearest(without.empty() ? times : kept_times, std::span(&time, 1), tolerance);
  if (join.flag.front() == JoinFlag::kGap) return std::nullopt;
  return without.empty() ? join.index.front() : kept[join.index.front()];
}

/// The frame that the segment names as this camera's evidence.
std::optional<std::uint32_t> evidence_ordinal(const Segment& segment, const EpisodeClip& clip) {
  const Value* const value = segment.attribute("evidence." + clip.stream + ".ordinal");
  const auto* const ordinal = value ? std::get_if<std::int64_t>(value) : nullptr;
  if (!ordinal || *ordinal < 0 ||
      static_cast<std::uint64_t>(*ordinal) >= clip.source->frames().frames.size())
    return std::nullopt;
  return static_cast<std::uint32_t>(*ordinal);
}

/// A still and the frame that it shows.
struct ChosenStill {
  std::string name;
  std::uint32_t ordinal = 0;
  bool replaceable = false;  ///< another frame will do when no decoder can give this one
};

Bytes gray_as_rgb(const media::DecodedFrame& frame) {
  const media::Picture gray = frame.convert(media::PixelFormat::kGray8);
  Bytes rgb;
  rgb.reserve(gray.data.size() * 3);
  for (const std::uint8_t level : gray.data) rgb.insert(rgb.end(), 3, level);
  return rgb;
}

/// What one camera's pass over its rows gathers.
class ClipObserver {
 public:
  ClipObserver(const Recipe& recipe, const EpisodeClip& clip, const Segment& segment,
               const std::vector<SessionTime>& frame_times)
      : recipe_(&recipe),
        clip_(&clip),
        frame_times_(&frame_times),
        stats_rows_(rows_for_stats(recipe.image_stats, clip.frame.size())) {
    if (!wants_stills(recipe)) return;
    for (const StillInstant& instant : recipe.stills.at) {
      if (const auto row = still_row(instant.kind, clip.frame.size()))
        still_rows_.emplace_back(instant.name, *row);
      else if (instant.kind == Instant::kEvidence)
        if (const auto ordinal = evidence_ordinal(segment, clip))
          choose({instant.name, *ordinal, false});
    }
  }
  void choose(ChosenStill still) {
    const auto row = std::find(clip_->frame.begin(), clip_->frame.end(), still.ordinal);
    if (row == clip_->frame.end())
      beside_.push_back(std::move(still));
    else
      still_rows_.emplace_back(still.name, static_cast<std::size_t>(row - clip_->frame.begin()));
  }
  /// Stills whose frame no row of the grid shows, by their frames.
  const std::vector<ChosenStill>& beside() {
    std::stable_sort(
        beside_.begin(), beside_.end(),
        [](const ChosenStill& a, const ChosenStill& b) { return a.ordinal < b.ordinal; });
    return beside_;
  }
  /// Figures are of what the clip holds.
  void leave_out_color() { without_color_ = true; }
  bool needs(std::size_t row) const {
    return stats_rows_[row] || std::any_of(still_rows_.begin(), still_rows_.end(),
                                           [&](const auto& still) { return still.second == row; });
  }
  void see(std::size_t row, const media::DecodedFrame& frame) {
    if (!needs(row)) return;
    const media::Picture picture = frame.convert(media::PixelFormat::kRgb24);
    if (stats_rows_[row]) {
      channels_.add_rgb(without_color_ ? gray_as_rgb(frame) : picture.data);
      channels_.add_frames(1);
    }
    for (const auto& [name, at] : still_rows_)
      if (at == row) keep(name, clip_->frame[row], frame, picture);
  }
  void see_beside(const ChosenStill& still, const media::DecodedFrame& frame) {
    keep(still.name, still.ordinal, frame, frame.convert(media::PixelFormat::kRgb24));
  }
  void finish(Episode& episode, Diagnostics& pixels) {
    if (shallow_stills_ > 0)
      pixels.loss("depth-reduced", clip_->source->describe() + ": stills",
                  "a JPEG holds 8 bits a sample, the source has more: leave \"format\" out of "
                  "\"stills\", or name png, to keep them",
                  shallow_stills_);
    if (channels_.frames()) episode.video_stats[clip_->feature] = channels_.to_json();
    std::move(stills_.begin(), stills_.end(), std::back_inserter(episode.stills));
  }

 private:
  void keep(const std::string& name, std::uint32_t ordinal, const media::DecodedFrame& frame,
            const media::Picture& rgb) {
    const StillRule& rule = recipe_->stills;
    const bool deep = media::is_depth(frame.pix_fmt());
    const bool png = rule.format == "png" || (deep && !names_still_format(*recipe_));
    shallow_stills_ += deep && !png;
    EpisodeStill& still = stills_.emplace_back();
    still.feature = clip_->feature;
    still.name = name;
    still.time = frame_times_->at(ordinal);
    still.pts = clip_->source->frames().frames[ordinal].pts;
    still.extension = png ? "png" : rule.format;
    still.data = !png   ? media::encode_jpeg(rgb, rule.quality)
                 : deep ? media::depth_png(frame)
                        : media::encode_png(rgb);
  }

  const Recipe* recipe_;
  const EpisodeClip* clip_;
  const std::vector<SessionTime>* frame_times_;
  std::vector<bool> stats_rows_;
  std::vector<std::pair<std::string, std::size_t>> still_rows_;
  std::vector<ChosenStill> beside_;
  stats::ChannelAccumulator channels_;
  std::vector<EpisodeStill> stills_;
  std::uint64_t shallow_stills_ = 0;
  bool without_color_ = false;
};

/// Throws UndecodableFrames.
void scan_beside(const EpisodeClip& clip, ClipObserver& observer, Diagnostics& pixels) {
  const std::vector<ChosenStill>& stills = observer.beside();
  std::vector<std::uint32_t> ordinals, bad;
  for (const ChosenStill& still : stills) ordinals.push_back(still.ordinal);
  if (ordinals.empty()) return;
  media::for_each_frame(
      clip.source, ordinals,
      [&](std::size_t position, const media::DecodedFrame* frame) {
        const ChosenStill& still = stills[position];
        if (frame)
          observer.see_beside(still, *frame);
        else if (still.replaceable)
          bad.push_back(still.ordinal);
      },
      pixels);
  if (!bad.empty()) throw media::UndecodableFrames(*clip.source, std::move(bad));
}

/// Throws UndecodableFrames.
void scan_clip(const EpisodeClip& clip, std::size_t begin, std::size_t end, ClipObserver& observer,
               Diagnostics& pixels) {
  std::vector<std::uint32_t> ordinals;
  std::vector<std::size_t> rows;
  for (std::size_t row = begin; row < end; ++row) {
    if (!observer.needs(row)) continue;
    ordinals.push_back(clip.frame[row]);
    rows.push_back(row);
  }
  if (ordinals.empty()) return;
  std::vector<std::uint32_t> bad;
  media::for_each_frame(
      clip.source, ordinals,
      [&](std::size_t position, const media::DecodedFrame* frame) {
        if (frame)
          observer.see(rows[position], *frame);
        else
          bad.push_back(ordinals[position]);
      },
      pixels);
  if (!bad.empty()) throw media::UndecodableFrames(*clip.source, std::move(bad));
}

/// What recipe and plan let be copied of a clip.
std::vector<media::ClipPiece> plan_clip_pieces(const Recipe& recipe, const CameraForm* form,
                                               const EpisodeClip& clip) {
  const bool resized = recipe.encode.width > 0 || recipe.encode.height > 0;
  std::vector<media::ClipPiece> pieces = media::plan_pieces(*clip.source, clip.frame);
  const bool copies =
      std::any_of(pieces.begin(), pieces.end(), [](const auto& p) { return p.copy; });
  const std::string other =
      form ? why_another_form(recipe, *form, clip.source->format()) : std::string();
  if (!copies || (!recipe.always_encode && !resized && other.empty())) return pieces;
  const std::string reason = recipe.always_encode ? "the recipe asks for encoding"
                             : resized            ? "the recipe sets a picture size"
                                                  : other;
  return {{0, static_cast<std::uint32_t>(clip.frame.size()), false, reason}};
}

/// One cause a clip: the first piece's; others of the same clip are told by their number.
std::string why_encoded(const std::vector<media::ClipPiece>& pieces) {
  std::string reason;
  std::size_t encoded = 0;
  for (const media::ClipPiece& piece : pieces) {
    if (piece.copy) continue;
    if (encoded++ == 0) reason = piece.reason;
  }
  if (encoded > 1) reason += "; and " + std::to_string(encoded - 1) + " more pieces of the clip";
  return reason;
}

/// Of colour nobody sees the bits beyond 8, of a depth they are most of it.
void tell_of_lost_bits(const EpisodeClip& clip, const media::EncodeOptions& encode,
                       Diagnostics& pixels) {
  const std::uint32_t encoded = clip.packets.frames - clip.copied_frames;
  const std::string& own = clip.source->format().pix_fmt;
  const int before = media::bits_of(own), after = media::bits_of(clip.packets.format.pix_fmt);
  if (encoded == 0 || after == 0 || before <= after || before <= 8) return;
  const bool depth = media::is_depth(own);
  pixels.add({depth ? Severity::kLoss : Severity::kWarning,
              "depth-reduced",
              clip.source->describe(),
              "frames of " + own + " become " + encode.codec + " " + clip.packets.format.pix_fmt +
                  ", " + std::to_string(after) + " of " + std::to_string(before) +
                  " bits a sample" +
                  (depth ? ": leave \"codec\" and \"pix_fmt\" out of \"video\", or name ffv1 "
                           "and gray16le, to keep them"
                         : ""),
              encoded,
              {},
              {}});
}

void choose_stills(const BuildPlan& plan, const OpenSession& session, const EpisodeClip& clip,
                   const std::vector<StillTime>& stills, const std::set<std::uint32_t>& without,
                   ClipObserver& observer, Diagnostics& pixels) {
  const auto times = session.frame_times(clip.stream);
  // One period: what the recipe allows rows may be far less, as the grid lies on the frames of one
  // camera; an instant may lie between any two.
  const Nanos tolerance = join_policy({}, session, clip.stream, plan.schema.rate).tolerance;
  for (const StillTime& still : stills) {
    if (const auto ordinal = nearest_frame(*times, without, still.time, tolerance))
      observer.choose({still.name, *ordinal, true});
    else
      pixels.warn("still-no-frame", clip.source->describe(),
                  "no frame lies within a period of the time of a still; no picture is made there");
  }
}

void see_clip(const BuildPlan& plan, const OpenSession& session, Episode& episode,
              EpisodeClip& clip, const std::vector<StillTime>& stills,
              const std::set<std::uint32_t>& without, Diagnostics& pixels) {
  const Recipe& recipe = plan.recipe;
  const bool clips_wanted =
      std::any_of(recipe.outputs.begin(), recipe.outputs.end(),
                  [](const OutputRule& output) { return output.row->wants_clips; });
  const auto frame_times = session.frame_times(clip.stream);
  ClipObserver observer(recipe, clip, episode.segment, *frame_times);
  if (!stills.empty()) choose_stills(plan, session, clip, stills, without, observer, pixels);
  if (clips_wanted) {
    const auto camera = plan.cameras.find(clip.feature);
    const CameraForm* const form = camera == plan.cameras.end() ? nullptr : &camera->second;
    std::vector<media::ClipPiece> pieces = plan_clip_pieces(recipe, form, clip);
    const media::EncodeOptions encode = encode_options(recipe, form, clip.source->format());
    if (encode.pix_fmt.starts_with("gray") && !media::is_depth(clip.source->format().pix_fmt) &&
        pieces.size() == 1 && !pieces[0].copy)
      observer.leave_out_color();
    media::CutClip cut = media::cut_clip(
        clip.source, clip.frame, pieces, plan.schema.rate, encode, pixels,
        [&](std::size_t row, const media::DecodedFrame& frame) { observer.see(row, frame); });
    clip.packets = std::move(cut.packets);
    if (!clip.packets.copied) clip.packets.reason = why_encoded(pieces);
    clip.copied_frames = cut.copied_frames;
    clip.copied_bytes = cut.copied_bytes;
    tell_of_lost_bits(clip, encode, pixels);
    for (const media::ClipPiece& piece : pieces)
      if (piece.copy) scan_clip(clip, piece.begin, piece.end, observer, pixels);
  } else {
    scan_clip(clip, 0, clip.frame.size(), observer, pixels);
  }
  scan_beside(clip, observer, pixels);
  observer.finish(episode, pixels);
}

}  // namespace

FramesOfStreams run_pixel_pass(const BuildPlan& plan, const OpenSession& session, Episode& episode,
                               const std::vector<StillTime>& stills, const FramesOfStreams& without,
                               Diagnostics& pixels) {
  for (EpisodeClip& clip : episode.clips) {
    const auto left_out = without.find(clip.stream);
    try {
      see_clip(plan, session, episode, clip, stills,
               left_out == without.end() ? std::set<std::uint32_t>() : left_out->second, pixels);
    } catch (const media::UndecodableFrames& error) {
      // All of the clip and beside it at once, whichever pass met the first of them.
      const auto [first, last] = std::minmax_element(clip.frame.begin(), clip.frame.end());
      const auto around = media::undecodable_frames(clip.source, *first, *last);
      FramesOfStreams bad;
      bad[clip.stream].insert(around.begin(), around.end());
      bad[clip.stream].insert(error.ordinals().begin(), error.ordinals().end());
      return bad;
    }
  }
  return {};
}

}  // namespace reelcell::pipeline
