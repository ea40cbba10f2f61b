#include "camera.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "random.hpp"
#include "reelcell/base/error.hpp"

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/opt.h>
}

namespace reelcell::sample {

CameraTruth plan_camera(const Options& options, const std::string& name, std::uint64_t part) {
  const bool front = name == "front";
  CameraTruth camera;
  camera.name = name;
  camera.fps = front ? options.front_fps : options.wrist_fps;
  camera.width = front ? options.width : options.wrist_width;
  camera.height = front ? options.height : options.wrist_height;
  camera.clock = front ? DeviceClock::from(options.offset_ms, options.drift_ppm)
                       : DeviceClock::from(options.wrist_offset_ms, options.wrist_drift_ppm);
  camera.exposure_ns = std::llround(options.exposure_ms * 1e6);
  const double period_ns = 1e9 / camera.fps;
  const auto session_end = static_cast<std::int64_t>(options.duration * 1e9);
  // The stall: a bit after the middle, and of the front camera only.
  const auto stall_start = static_cast<std::int64_t>(options.duration * 0.62e9);
  const std::int64_t stall_end = stall_start + std::llround(front ? options.stall_ms * 1e6 : 0);
  Random random(options.seed, part);
  for (std::int64_t trigger = 0;; ++trigger) {
    // The camera triggers by its own clock, evenly; its stamp is the start of the exposure with the
    // jitter of its driver.
    const auto tick = std::llround(static_cast<double>(trigger) * period_ns);
    const double noise = std::clamp(random.normal(), -3.0, 3.0) * options.jitter_ms * 1e6;
    const bool drop = random.chance(options.drop_rate);
    FrameTruth frame;
    frame.trigger = trigger;
    frame.start_ns = camera.clock.to_session(tick);
    frame.mid_ns = camera.clock.to_session(tick + camera.exposure_ns / 2);
    if (frame.start_ns >= session_end) break;
    if (trigger > 0 && frame.mid_ns >= stall_start && frame.mid_ns < stall_end) {
      camera.lost.push_back({trigger, frame.mid_ns, "stall"});
      continue;
    }
    if (trigger > 0 && drop) {
      camera.lost.push_back({trigger, frame.mid_ns, "dropped"});
      continue;
    }
    // The file begins at 0 with an unjittered stamp, and stamps never go back.
    const std::int64_t last = camera.frames.empty() ? -1 : camera.frames.back().pts;
    const double stamp_us = (static_cast<double>(tick) + (trigger == 0 ? 0.0 : noise)) / 1000.0;
    frame.pts = std::max<std::int64_t>(last + 1, std::llround(stamp_us));
    frame.stamp_ns = frame.pts * (1'000'000'000 / kTimescale);
    camera.frames.push_back(frame);
  }
  return camera;
}

namespace {
void check(int code, const std::string& where, const char* what) {
  if (code >= 0) return;
  char text[AV_ERROR_MAX_STRING_SIZE] = {};
  av_strerror(code, text, sizeof text);
  throw OutputError(where, fmt::format("{}: {} ({})", what, text, code));
}
}  // namespace

struct CameraFile::Impl {
  std::filesystem::path path;
  const CameraTruth* camera = nullptr;
  AVFormatContext* muxer = nullptr;
  AVCodecContext* encoder = nullptr;
  AVFrame* frame = nullptr;
  AVPacket* packet = nullptr;
  cv::Mat yuv;
  std::int64_t count = 0;

  ~Impl() {
    av_packet_free(&packet);
    av_frame_free(&frame);
    avcodec_free_context(&encoder);
    if (muxer) avio_closep(&muxer->pb);
    avformat_free_context(muxer);
  }

  void open_encoder(const Options& options) {
    const AVCodec* codec = avcodec_find_encoder_by_name("libx264");
    if (!codec) throw OutputError("libavcodec was built without libx264; install libavcodec-dev");
    encoder = avcodec_alloc_context3(codec);
    encoder->width = camera->width;
    encoder->height = camera->height;
    encoder->pix_fmt = AV_PIX_FMT_YUV420P;
    encoder->colorspace = AVCOL_SPC_SMPTE170M;  // what COLOR_BGR2YUV_I420 computes
    encoder->color_range = AVCOL_RANGE_MPEG;
    // The encoder counts frames; the stamps are put on its packets. So the rate control does not
    // depend on the jitter.
    encoder->framerate = av_d2q(camera->fps, 100000);
    encoder->time_base = av_inv_q(encoder->framerate);
    encoder->gop_size = options.gop;
    encoder->max_b_frames = 0;
    encoder->thread_count = 1;
    encoder->flags |= AV_CODEC_FLAG_GLOBAL_HEADER | AV_CODEC_FLAG_BITEXACT;
    av_opt_set(encoder->priv_data, "preset", "veryfast", 0);
    av_opt_set(encoder->priv_data, "crf", std::to_string(options.crf).c_str(), 0);
    av_opt_set(encoder->priv_data, "x264-params", "scenecut=0", 0);
    check(avcodec_open2(encoder, codec, nullptr), path.string(), "cannot open the H.264 encoder");
  }

  void open_muxer() {
    check(avformat_alloc_output_context2(&muxer, nullptr, "mp4", path.c_str()), path.string(),
          "cannot make an MP4 muxer");
    muxer->flags |= AVFMT_FLAG_BITEXACT;  // no creation time, no version text
    AVStream* stream = avformat_new_stream(muxer, nullptr);
    check(avcodec_parameters_from_context(stream->codecpar, encoder), path.string(), "parameters");
    stream->time_base = {1, static_cast<int>(kTimescale)};
    stream->avg_frame_rate = encoder->framerate;
    check(avio_open(&muxer->pb, path.c_str(), AVIO_FLAG_WRITE), path.string(), "cannot write");
    AVDictionary* settings = nullptr;
    av_dict_set(&settings, "video_track_timescale", std::to_string(kTimescale).c_str(), 0);
    av_dict_set(&settings, "movflags", "faststart", 0);
    const int code = avformat_write_header(muxer, &settings);
    av_dict_free(&settings);
    check(code, path.string(), "cannot write the header");
  }

  void drain() {
    for (;;) {
      const int code = avcodec_receive_packet(encoder, packet);
      if (code == AVERROR(EAGAIN) || code == AVERROR_EOF) return;
      check(code, path.string(), "cannot encode");
      const auto at = static_cast<std::size_t>(packet->pts);
      const auto& frames = camera->frames;
      packet->pts = packet->dts = frames[at].pts;
      packet->duration = at + 1 < frames.size() ? frames[at + 1].pts - frames[at].pts
                                                : std::llround(kTimescale / camera->fps);
      packet->stream_index = 0;
      check(av_interleaved_write_frame(muxer, packet), path.string(), "cannot write a frame");
    }
  }
};

CameraFile::CameraFile(const std::filesystem::path& path, const CameraTruth& camera,
                       const Options& options)
    : impl_(std::make_unique<Impl>()) {
  impl_->path = path;
  impl_->camera = &camera;
  impl_->open_encoder(options);
  impl_->open_muxer();
  impl_->packet = av_packet_alloc();
  impl_->frame = av_frame_alloc();
  impl_->frame->format = AV_PIX_FMT_YUV420P;
  impl_->frame->width = camera.width;
  impl_->frame->height = camera.height;
  check(av_frame_get_buffer(impl_->frame, 0), path.string(), "no memory for a frame");
}

CameraFile::~CameraFile() = default;

void CameraFile::add(const cv::Mat& bgr) {
  Impl& self = *impl_;
  cv::cvtColor(bgr, self.yuv, cv::COLOR_BGR2YUV_I420);
  check(av_frame_make_writable(self.frame), self.path.string(), "no memory for a frame");
  const std::uint8_t* from = self.yuv.data;
  for (int plane = 0; plane < 3; ++plane) {
    const int width = plane ? bgr.cols / 2 : bgr.cols, height = plane ? bgr.rows / 2 : bgr.rows;
    for (int y = 0; y < height; ++y, from += width)
      std::copy(
          from, from + width,
          self.frame->data[plane] + static_cast<std::ptrdiff_t>(y) * self.frame->linesize[plane]);
  }
  self.frame->pts = self.count++;
  check(avcodec_send_frame(self.encoder, self.frame), self.path.string(), "cannot encode");
  self.drain();
}

void CameraFile::close() {
  Impl& self = *impl_;
  check(avcodec_send_frame(self.encoder, nullptr), self.path.string(), "cannot encode");
  self.drain();
  check(av_write_trailer(self.muxer), self.path.string(), "cannot write the index");
  check(avio_closep(&self.muxer->pb), self.path.string(), "cannot close");
}

}  // namespace reelcell::sample
