// Clips out of stored video, and what their pixels are.
#include "edit/stored.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/media/decode.hpp"
#include "reelcell/media/depth.hpp"
#include "reelcell/stats/stats.hpp"

namespace reelcell::pipeline::edit {

void take_clip(std::shared_ptr<const VideoSource> source, std::vector<std::uint32_t> frames,
               const LoadOptions& options, EpisodeClip& clip, LoadedEpisode& loaded) {
  const auto camera = options.cameras.find(clip.feature);
  const CameraForm* const form = camera == options.cameras.end() ? nullptr : &camera->second;
  media::ClipPlan how = media::plan_clip(*source, frames);
  if (how.copy && form && options.why_not_copied) {
    how.reason = options.why_not_copied(*form, source->format());
    how.copy = how.reason.empty();
  }
  if (how.copy) {
    clip.packets = media::copy_clip(*source, frames, options.rate);
    clip.copied_frames = clip.packets.frames;
    clip.copied_bytes = clip.packets.bytes;
    loaded.copied_clips += 1;
    loaded.copied_bytes += clip.packets.bytes;
    return;
  }
  const media::EncodeOptions encode =
      form ? media::encode_as(form->codec, form->pix_fmt, options.encode)
           : media::keeping_depth(source->format().pix_fmt, options.encode);
  clip.packets =
      media::encode_clip(std::move(source), frames, options.rate, encode, *loaded.losses);
  clip.packets.reason = how.reason;
  loaded.encoded_clips += 1;
  loaded.encoded_bytes += clip.packets.bytes;
  loaded.encoded[clip.feature] = how.reason;
}

Json decode_pixels(std::shared_ptr<const VideoSource> source, std::vector<std::uint32_t> frames,
                   LoadedEpisode& loaded) {
  stats::ChannelAccumulator channels;
  const std::string where = source->describe();
  media::for_each_frame(
      std::move(source), frames,
      [&](std::size_t, const media::DecodedFrame* frame) {
        if (!frame) throw InputError(where, "a frame cannot be decoded for the statistics");
        channels.add_rgb(frame->convert(media::PixelFormat::kRgb24).data);
        channels.add_frames(1);
      },
      *loaded.losses);
  loaded.decoded_frames += frames.size();
  return channels.to_json();
}

void rows_to_ranges(const std::vector<std::int64_t>& row_of, std::size_t rows,
                    NativeSeries& series) {
  series.begin.assign(rows, 0);
  series.end.assign(rows, 0);
  std::size_t sample = 0;
  for (std::size_t row = 0; row < rows; ++row) {
    const auto wanted = static_cast<std::int64_t>(row);
    while (sample < row_of.size() && row_of[sample] < wanted) ++sample;
    series.begin[row] = static_cast<std::uint32_t>(sample);
    while (sample < row_of.size() && row_of[sample] == wanted) ++sample;
    series.end[row] = static_cast<std::uint32_t>(sample);
  }
}

std::string safe_stream_name(std::string_view stream) {
  std::string name;
  for (const char c : stream) {
    const bool plain =
        std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-' || c == '.';
    if (c != '/')
      name += plain ? c : '_';
    else if (!name.empty())
      name += '.';
  }
  return name.find_first_not_of('.') == std::string::npos ? "stream" + name : name;
}

}  // namespace reelcell::pipeline::edit
