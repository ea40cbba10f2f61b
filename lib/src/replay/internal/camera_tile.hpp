// One camera's tile: caption and the frame nearest to the time asked for.
#pragma once

#include <optional>

#include "internal/canvas.hpp"
#include "reelcell/media/decode.hpp"
#include "reelcell/replay/render.hpp"

namespace reelcell::replay {

inline constexpr int kCaptionHeight = 26;

/// Size of the camera's pictures as they are to be seen (turned upright).
PictureSize upright_size(const VideoFormat& format);
/// A decoded frame, turned upright and scaled to `size`.
cv::Mat upright_pixels(const media::DecodedFrame& frame, int rotation, PictureSize size);

/// Draws for increasing times; decodes forward.
class CameraTile {
 public:
  CameraTile(const SceneCamera& camera, Box area, Nanos tolerance, Diagnostics& diagnostics);
  /// `origin`: start of the session; times are shown relative to it.
  void draw(cv::Mat& pixels, SessionTime now, SessionTime origin);
  const RenderReport::Camera& report() const { return report_; }

 private:
  bool pull(std::uint32_t ordinal);
  void draw_caption(cv::Mat& pixels, SessionTime now, SessionTime origin,
                    std::optional<SessionTime> shown);
  void draw_missing(cv::Mat& pixels, const std::string& text) const;

  SceneCamera camera_;
  Box area_, picture_;
  Nanos tolerance_, period_;
  Diagnostics& diagnostics_;
  std::optional<media::FrameCursor> cursor_;
  std::optional<std::uint32_t> held_;  ///< ordinal of pixels_
  std::optional<std::uint32_t> tried_;
  cv::Mat pixels_;
  RenderReport::Camera report_;
};

}  // namespace reelcell::replay
