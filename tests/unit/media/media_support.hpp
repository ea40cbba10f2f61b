// Real recordings and independent oracles for the tests of media.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "reelcell/base/hash.hpp"
#include "reelcell/media/decode.hpp"
#include "reelcell/media/video_file.hpp"
#include "support/support.hpp"

namespace reelcell::media::test {

using reelcell::test::data_path;

inline fs::path androidx(const std::string& name) {
  return data_path("video/androidx_media/libraries/test_data/src/test/assets/media/" + name);
}
inline fs::path torchcodec(const std::string& name) {
  return data_path("video/meta-pytorch_torchcodec/test/resources/" + name);
}

/// All recordings under a folder with a video extension, sorted.
std::vector<fs::path> videos_under(const std::string& folder);

/// Values of one ffprobe entry ("frame=pts", "packet=pts") of a track, in ffprobe's order; N/A left
/// out.
std::vector<std::int64_t> ffprobe_values(const fs::path& path, int track, const std::string& entry);
/// Text of ffprobe's answer, trailing newline cut.
std::string ffprobe_text(const fs::path& path, const std::string& arguments);

/// pts of the frames that FrameCursor gives from `first` on.
std::vector<std::int64_t> decoded_pts(const std::shared_ptr<const VideoSource>& source,
                                      std::uint32_t first, Diagnostics& diagnostics,
                                      int threads = 1);
/// One hash of pixels a frame, from `first` on, at most `count`.
std::vector<std::uint64_t> frame_hashes(const std::shared_ptr<const VideoSource>& source,
                                        std::uint32_t first, std::size_t count,
                                        Diagnostics& diagnostics);
std::vector<std::int64_t> table_pts(const FrameTable& table);
/// 0, 1, .. count-1, starting at `first`.
std::vector<std::uint32_t> run_of(std::uint32_t first, std::uint32_t count);
void write_bytes(const fs::path& path, ByteView bytes);

}  // namespace reelcell::media::test
