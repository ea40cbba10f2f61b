#include "media_support.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace reelcell::media::test {

std::vector<fs::path> videos_under(const std::string& folder) {
  static constexpr std::array<std::string_view, 6> kExtensions = {".mp4", ".mkv", ".webm",
                                                                  ".ts",  ".mov", ".avi"};
  std::vector<fs::path> out;
  for (const auto& entry : fs::recursive_directory_iterator(data_path(folder))) {
    const std::string extension = entry.path().extension().string();
    if (std::find(kExtensions.begin(), kExtensions.end(), extension) != kExtensions.end())
      out.push_back(entry.path());
  }
  std::sort(out.begin(), out.end());
  return out;
}

std::string ffprobe_text(const fs::path& path, const std::string& arguments) {
  const auto result =
      reelcell::test::run("ffprobe -v quiet " + arguments + " -of csv=p=0 '" + path.string() + "'");
  std::string text = result.out;
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

std::vector<std::int64_t> ffprobe_values(const fs::path& path, int track,
                                         const std::string& entry) {
  std::istringstream lines(
      ffprobe_text(path, "-select_streams " + std::to_string(track) + " -show_entries " + entry));
  std::vector<std::int64_t> out;
  for (std::string line; std::getline(lines, line);) {
    const std::string number = line.substr(0, line.find(','));
    if (!number.empty() && number != "N/A" && number != "side_data")
      out.push_back(std::stoll(number));
  }
  return out;
}

std::vector<std::int64_t> decoded_pts(const std::shared_ptr<const VideoSource>& source,
                                      std::uint32_t first, Diagnostics& diagnostics, int threads) {
  std::vector<std::int64_t> out;
  FrameCursor cursor(source, first, diagnostics, DecodeOptions{threads});
  DecodedFrame frame;
  while (cursor.next(frame)) {
    if (source->frames().frames.at(frame.ordinal).pts != frame.pts)
      throw std::runtime_error("pts is not the table's");
    out.push_back(frame.pts);
  }
  return out;
}

std::vector<std::uint64_t> frame_hashes(const std::shared_ptr<const VideoSource>& source,
                                        std::uint32_t first, std::size_t count,
                                        Diagnostics& diagnostics) {
  std::vector<std::uint64_t> out;
  FrameCursor cursor(source, first, diagnostics);
  DecodedFrame frame;
  while (out.size() < count && cursor.next(frame))
    out.push_back(stable_hash(as_text(frame.convert(PixelFormat::kYuv420p).data)));
  return out;
}

std::vector<std::int64_t> table_pts(const FrameTable& table) {
  std::vector<std::int64_t> out;
  for (const FrameRecord& frame : table.frames) out.push_back(frame.pts);
  return out;
}

std::vector<std::uint32_t> run_of(std::uint32_t first, std::uint32_t count) {
  std::vector<std::uint32_t> out(count);
  for (std::uint32_t i = 0; i < count; ++i) out[i] = first + i;
  return out;
}

void write_bytes(const fs::path& path, ByteView bytes) {
  std::ofstream out(path, std::ios::binary);
  out.write(reinterpret_cast<const char*>(bytes.data()),
            static_cast<std::streamsize>(bytes.size()));
  if (!out) throw std::runtime_error("cannot write " + path.string());
}

}  // namespace reelcell::media::test
