// Random frames by ordinal, as RGB: each query is a list of frames that are wanted together.
#include <algorithm>

#include "bench.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/base/hash.hpp"
#include "reelcell/media/decode.hpp"
#include "reelcell/media/video_file.hpp"

namespace reelcell::bench {

Json run_frames(const Arguments& arguments) {
  const auto queries =
      read_json_file(arguments.at(1)).get<std::vector<std::vector<std::uint32_t>>>();
  const bool check = arguments.at(2) == "check";
  const bool reopen = arguments.size() > 3 && arguments[3] == "open";
  // The planes themselves are compared; what colour conversion rounds differs from tool to tool.
  const media::PixelFormat format =
      check ? media::PixelFormat::kYuv420p : media::PixelFormat::kRgb24;
  Diagnostics diagnostics;
  std::shared_ptr<VideoSource> source;
  if (!reopen) {
    source = media::open_video_file(arguments.at(0), -1, diagnostics);
    source->frames();
  }
  Hasher hasher;
  std::uint64_t count = 0;
  const Clock clock;
  for (const std::vector<std::uint32_t>& query : queries) {
    if (reopen) source = media::open_video_file(arguments.at(0), -1, diagnostics);
    std::vector<std::size_t> order(query.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return query[a] < query[b]; });
    std::vector<std::uint32_t> sorted;
    for (const std::size_t i : order) sorted.push_back(query[i]);
    std::vector<media::Picture> pictures(query.size());
    media::for_each_frame(
        source, sorted,
        [&](std::size_t position, const media::DecodedFrame* frame) {
          if (!frame) throw InputError("a frame could not be decoded");
          pictures[order[position]] = frame->convert(format);
        },
        diagnostics);
    count += pictures.size();
    if (!check) continue;
    for (const media::Picture& picture : pictures) hasher.update(picture.data);
  }
  Json cost = clock.lap();
  return result(std::move(cost), count, hasher.finish().sha256);
}

}  // namespace reelcell::bench
