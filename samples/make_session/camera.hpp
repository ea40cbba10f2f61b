// A camera's frames: when they were really taken, what the camera stamped, which ones were lost,
// and the MP4 they end up in.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "device_clock.hpp"
#include "options.hpp"

namespace reelcell::sample {

/// Ticks a second of the MP4: stamps keep whole microseconds.
constexpr std::int64_t kTimescale = 1'000'000;

struct FrameTruth {
  std::int64_t trigger = 0;   ///< counts every exposure, lost ones too
  std::int64_t pts = 0;       ///< stamp in the file, 1/kTimescale s of the camera's clock
  std::int64_t stamp_ns = 0;  ///< the same in ns
  std::int64_t start_ns = 0;  ///< session time at which the exposure really began
  std::int64_t mid_ns = 0;    ///< session time of the middle of the exposure
};
struct LostFrame {
  std::int64_t trigger = 0;
  std::int64_t mid_ns = 0;
  const char* reason = "";  ///< "dropped", "stall"
};
struct CameraTruth {
  std::string name;
  double fps = 0;
  int width = 0, height = 0;
  DeviceClock clock;
  std::int64_t exposure_ns = 0;
  std::vector<FrameTruth> frames;  ///< as in the file
  std::vector<LostFrame> lost;
};

/// Pure: the schedule of a camera over the session. `part` separates the random sequences.
CameraTruth plan_camera(const Options& options, const std::string& name, std::uint64_t part);

/// H.264 with the frames' own stamps (variable rate), byte-identical on every run.
class CameraFile {
 public:
  CameraFile(const std::filesystem::path& path, const CameraTruth& camera, const Options& options);
  ~CameraFile();
  CameraFile(const CameraFile&) = delete;
  CameraFile& operator=(const CameraFile&) = delete;
  void add(const cv::Mat& bgr);  ///< in the order of camera.frames
  void close();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace reelcell::sample
