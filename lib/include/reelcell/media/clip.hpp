// From chosen frames to packets at a constant rate: by copy where that is exact, else by
// re-encoding.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "reelcell/base/diagnostics.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/base/options.hpp"
#include "reelcell/media/picture.hpp"
#include "reelcell/model/video.hpp"

namespace reelcell::media {

struct EncodeOptions {
  std::string codec =
      "h264";    ///< "h264" (libx264), "hevc" (libx265), "av1" (libsvtav1), "vp9", "mjpeg", "ffv1"
  int gop = 15;  ///< frames between key frames; 1 = all intra
  int quality = 18;         ///< CRF
  std::string preset = "";  ///< "" = per codec: x264 "veryfast", SVT-AV1 "10"
  std::string pix_fmt = "yuv420p";
  int width = 0, height = 0;  ///< 0 = as the source
  int threads = 1;            ///< of decoder and AV1 encoder; bytes never depend on it
};
/// Option declarations for recipe and CLI ("video" of an output).
std::vector<OptionSpec> encode_option_specs();
EncodeOptions encode_options(const OptionValues& values);
/// Is there an encoder here that keeps pictures of this pixel format as they are?
bool can_encode(const std::string& codec, const std::string& pix_fmt);
/// The pixel format that clips encoded so have.
std::string coded_pix_fmt(const EncodeOptions& options);
/// The same for clips of another form. Quality and preset of another codec mean nothing to this
/// one, so then its own defaults hold.
EncodeOptions encode_as(const std::string& codec, const std::string& pix_fmt,
                        EncodeOptions options);
/// Can packets of such a source stand in an MP4 without being encoded again?
bool can_copy(const VideoFormat& format);

struct ClipPlan {
  bool copy = false;
  std::string reason;  ///< why not copied; "" when copied
};
/// Pure: can rows -> `frames` (ordinals in presentation order) be had by packet copy, exactly?
/// Needs: consecutive ordinals without repeats, first frame a key frame, the frames' packets a
/// contiguous run in decode order that needs nothing outside it, no rotation, a codec that MP4
/// carries, and 8-bit 4:2:0 or whatever the source has.
ClipPlan plan_clip(const VideoSource& source, std::span<const std::uint32_t> frames);

/// Rows of a clip that are made alike.
struct ClipPiece {
  std::uint32_t begin = 0, end = 0;  ///< rows
  bool copy = false;
  std::string reason;  ///< why not copied; "" when copied
};
/// Pure: the smallest re-encode that gives exact frames. Runs of whole GOPs are copied, what lies
/// before, between and after them is encoded, each piece from a key frame on. One piece that is not
/// copied when the codec cannot join packets of two encoders on one track (see below), or when no
/// run is worth it: opening an encoder costs about as much as encoding `kWorthCopying` frames.
///
/// Joining needs a way to tell two encoders' parameter sets apart without touching copied bytes.
/// H.264 has it (sets have ids, the sample entry lists both), AV1 and VP9 have it (a key frame
/// brings its own). HEVC's sets have ids too, but x265 cannot be told which to use: a HEVC clip is
/// copied whole or encoded whole.
std::vector<ClipPiece> plan_pieces(const VideoSource& source,
                                   std::span<const std::uint32_t> frames);
constexpr std::uint32_t kWorthCopying = 8;

/// Frames that the decoder cannot give without damage, so that no clip can show them.
class UndecodableFrames : public InputError {
 public:
  UndecodableFrames(const VideoSource& source, std::vector<std::uint32_t> frames);
  const std::vector<std::uint32_t>& ordinals() const { return ordinals_; }

 private:
  std::vector<std::uint32_t> ordinals_;
};
/// Those from the entry before `first` on to the first good frame behind `last` (ordinals in
/// presentation order): all that frames between the two could be replaced by. Decodes once.
std::vector<std::uint32_t> undecodable_frames(std::shared_ptr<const VideoSource> source,
                                              std::uint32_t first, std::uint32_t last);

/// Called for every row's frame while a clip is encoded or scanned, in row order.
using FrameObserver = std::function<void(std::size_t row, const DecodedFrame& frame)>;

/// Packet copy as planned; pts become row numbers. Throws PlanError when plan_clip says no.
ClipPackets copy_clip(const VideoSource& source, std::span<const std::uint32_t> frames,
                      Rational rate);
/// Decodes the frames (repeats allowed: a held frame is encoded again) and encodes them, one per
/// row. No B-frames, first frame an IDR, closed GOPs, deterministic. Rotation is applied. Throws
/// UndecodableFrames.
ClipPackets encode_clip(std::shared_ptr<const VideoSource> source,
                        std::span<const std::uint32_t> frames, Rational rate,
                        const EncodeOptions& options, Diagnostics& diagnostics,
                        const FrameObserver& observer = {});
/// A clip made of pieces as planned, encoded ones in the source's codec.
struct CutClip {
  ClipPackets packets;  ///< `copied` only when all of it is
  std::uint32_t copied_frames = 0;
  std::uint64_t copied_bytes = 0;
};
/// Pieces beside copied ones are encoded as `encode_as` has it. The observer sees encoded rows
/// only.
CutClip cut_clip(std::shared_ptr<const VideoSource> source, std::span<const std::uint32_t> frames,
                 const std::vector<ClipPiece>& pieces, Rational rate, const EncodeOptions& options,
                 Diagnostics& diagnostics, const FrameObserver& observer = {});
/// Encodes pictures that a callback makes (replay --render, samples). Same guarantees.
class PictureEncoder {
 public:
  PictureEncoder(int width, int height, Rational rate, const EncodeOptions& options);
  ~PictureEncoder();
  void add(const Picture& picture);
  ClipPackets finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace reelcell::media
