// Drawing a scene into a video or a contact sheet.
#pragma once

#include <cstdint>
#include <string>

#include "reelcell/base/file.hpp"
#include "reelcell/base/progress.hpp"
#include "reelcell/replay/scene.hpp"

namespace reelcell::replay {

struct RenderOptions {
  Rational rate{30, 1};         ///< of the replay
  int tile_height = 360;        ///< px of a camera's picture, 64 .. 2160
  TimeRange range{};            ///< part of the session that is drawn
  Nanos window{6'000'000'000};  ///< length of the lanes and strips, the cursor in their middle
  Nanos tolerance{0};  ///< a frame further away is not shown; 0: the camera's median period
};
struct RenderReport {
  std::uint64_t frames = 0;
  std::uint64_t bytes = 0;  ///< of the file
  int width = 0, height = 0;
  struct Camera {
    std::string name;
    Nanos tolerance{0};
    std::uint64_t shown = 0, missing = 0, unreadable = 0;  ///< frames of the replay
    Nanos largest_difference{0};                           ///< |shown - asked|
  };
  std::vector<Camera> cameras;
};
/// Writes an MP4 (H.264) that appears whole or not at all. Every video is read once, forward.
/// Memory: a frame a camera and about a hundred coded frames. Throws PlanError (nothing to draw, a
/// range without a frame, a picture too large), OutputError.
RenderReport render_video(const Scene& scene, const RenderOptions& options, const fs::path& out,
                          Progress& progress);

struct SheetOptions {
  std::string camera;      ///< "" = the first
  TimeRange range{};       ///< segments that begin in it
  std::size_t most = 600;  ///< tiles; of more segments an even choice is drawn
  int width = 2400;        ///< px of the sheet, at most
};
struct SheetReport {
  std::uint64_t segments = 0;  ///< in the range
  std::uint64_t tiles = 0, missing = 0;
  int columns = 0, width = 0, height = 0;
  std::uint64_t bytes = 0;
};
/// Writes a PNG with the frame nearest to the middle of each segment. Decodes forward once.
/// Throws InputError (no such camera), PlanError (no camera, no segment), OutputError.
SheetReport render_sheet(const Scene& scene, const SheetOptions& options, const fs::path& out,
                         Progress& progress);

}  // namespace reelcell::replay
