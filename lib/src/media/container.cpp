#include "internal/container.hpp"

#include <algorithm>
#include <array>
#include <cmath>

extern "C" {
#include <libavutil/display.h>
}

#include "reelcell/base/error.hpp"

namespace reelcell::media {

namespace {

// Containers that carry time stamps. No playlists, no protocols, no raw elementary streams (their
// times are invented).
constexpr const char* kContainers =
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,flv,ogg,asf,ivf,nut,mxf,gxf,"
    "yuv4mpegpipe";

std::uint32_t big_endian_u32(const std::uint8_t* at) {
  return static_cast<std::uint32_t>(at[0]) << 24 | static_cast<std::uint32_t>(at[1]) << 16 |
         static_cast<std::uint32_t>(at[2]) << 8 | at[3];
}

constexpr std::uint32_t kEbml = 0x1a45dfa3u;  ///< how MKV and WebM begin

/// What is wrong with an MP4 or MOV that does not open, by its boxes; "" when they do not tell.
std::string mov_trouble(const InputFile& file) {
  const MovLayout layout = read_mov_layout(file);
  if (layout.moov_cut)
    return "its index (the 'moov' box, which says where each picture lies) breaks off: the file is "
           "cut at " +
           std::to_string(file.size()) + " bytes" +
           (layout.has_mdat ? ", behind the pictures; copy it again, or rebuild the index from an "
                              "intact file of the same camera and settings with a repair tool "
                              "(untrunc)"
                            : ", before its first picture; copy it again from where it was "
                              "recorded");
  if (layout.has_moov) return "";
  if (layout.has_mdat)
    return "found pictures but no index: the 'moov' box, which says where each picture lies, is "
           "missing. A recorder writes it when it stops, and this one was stopped hard (power, "
           "kill, full disk), or the copy is not whole. To try: copy it again; rebuild the index "
           "from an intact file of the same camera and settings with a repair tool (untrunc). "
           "MKV and fragmented MP4 survive such a stop";
  if (layout.has_ftyp)
    return "begins as an MP4 but ends after " + std::to_string(file.size()) +
           " bytes, without pictures and without an index ('moov' box): the recorder was stopped "
           "hard before it wrote any, or the copy is not whole; copy it again";
  return "";
}

std::string why_not_opened(const fs::path& path, int code) {
  const bool by_content =
      code == AVERROR_INVALIDDATA || code == AVERROR_EOF || code == AVERROR(EIO);
  if (!by_content) return av_error(code);
  const InputFile file(path);
  if (file.size() == 0) return "the file is empty; the recorder wrote nothing";
  const std::string trouble = mov_trouble(file);
  if (!trouble.empty()) return trouble;
  std::array<std::uint8_t, 4> head{};
  // libav calls a header that breaks off an I/O error.
  if (file.read_at(0, head) == head.size() && big_endian_u32(head.data()) == kEbml)
    return "begins as an MKV or WebM but breaks off or is damaged within its header (it has " +
           std::to_string(file.size()) +
           " bytes), before it says what tracks it holds: the recorder was stopped hard, or the "
           "copy is not whole; copy it again";
  if (code == AVERROR_EOF) return av_error(code);
  return "not a video container that can be read, or its header is damaged; expected MP4, MOV, "
         "MKV, WebM, AVI or TS";
}

int rotation_of(const AVStream& stream, bool* mirrored) {
  std::size_t size = 0;
  const std::uint8_t* data = av_stream_get_side_data(&stream, AV_PKT_DATA_DISPLAYMATRIX, &size);
  if (data == nullptr || size < 9 * sizeof(std::int32_t)) return 0;
  const auto* matrix = reinterpret_cast<const std::int32_t*>(data);
  const double angle = av_display_rotation_get(matrix);  // degrees counter-clockwise
  if (std::isnan(angle)) return 0;
  const double determinant =
      static_cast<double>(matrix[0]) * matrix[4] - static_cast<double>(matrix[1]) * matrix[3];
  if (mirrored != nullptr) *mirrored = determinant < 0;
  const int quarter = static_cast<int>(std::lround(-angle / 90.0));
  return ((quarter % 4) + 4) % 4 * 90;
}

std::uint64_t ebml_number(const std::uint8_t* at, std::size_t size, std::size_t& length,
                          bool& unknown) {
  length = 0;
  if (size == 0 || at[0] == 0) return 0;
  const auto bytes = static_cast<std::size_t>(__builtin_clz(at[0]) - 24) + 1;
  if (bytes > size) return 0;
  std::uint64_t value = at[0] & (0xffu >> bytes);
  bool ones = value == (0xffu >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) {
    value = value << 8 | at[i];
    ones = ones && at[i] == 0xff;
  }
  length = bytes;
  unknown = ones;
  return value;
}

/// EBML header, then Segment (18 53 80 67) with its size.
std::uint64_t declared_ebml_size(const std::uint8_t* head, std::size_t size) {
  std::size_t length = 0, at = 4;
  bool unknown = false;
  const std::uint64_t header = ebml_number(head + at, size - at, length, unknown);
  if (length == 0 || unknown || header > size) return 0;
  at += length + static_cast<std::size_t>(header);
  if (at + 12 > size) return 0;
  if (big_endian_u32(head + at) != 0x18538067u) return 0;
  at += 4;
  const std::uint64_t segment = ebml_number(head + at, size - at, length, unknown);
  return length == 0 || unknown || segment == 0 ? 0 : at + length + segment;
}

}  // namespace

FormatHandle open_container(const fs::path& path, std::shared_ptr<FileIo> io, int flags) {
  quiet_libav();
  AVFormatContext* context = avformat_alloc_context();
  if (context == nullptr) throw std::bad_alloc();
  context->flags |= flags;
  context->pb = io->context();
  AVDictionary* options = nullptr;
  av_dict_set(&options, "protocol_whitelist", "file", 0);
  av_dict_set(&options, "format_whitelist", kContainers, 0);
  // "file:" keeps a path with a colon from being taken for a URL.
  const int result =
      avformat_open_input(&context, ("file:" + path.string()).c_str(), nullptr, &options);
  av_dict_free(&options);
  if (result < 0) {  // libav has freed the context
    io->rethrow();
    throw InputError(path.string(), why_not_opened(path, result));
  }
  FormatHandle opened(context, FreeFormat{std::move(io)});
  // libav opens an MP4 whose index breaks off before it has said what its first track is.
  const auto is_known = [](const AVStream* stream) {
    return stream->codecpar->codec_type >= 0 && stream->codecpar->codec_id != AV_CODEC_ID_NONE;
  };
  if (is_mov(*context) &&
      std::none_of(context->streams, context->streams + context->nb_streams, is_known))
    if (const std::string trouble = mov_trouble(InputFile(path)); !trouble.empty())
      throw InputError(path.string(), trouble);
  return opened;
}

void throw_if_unreadable(const FormatHandle& context) { context.get_deleter().io->rethrow(); }

FormatHandle open_and_probe(const fs::path& path) {
  FormatHandle context = open_container(path, std::make_shared<FileIo>(InputFile(path)), 0);
  // The decoders that libav opens here obey the same limit as ours.
  std::vector<AVDictionary*> limits(context->nb_streams, nullptr);
  for (AVDictionary*& limit : limits) av_dict_set_int(&limit, "max_pixels", kMaxPixels, 0);
  const int result = avformat_find_stream_info(context.get(), limits.data());
  for (AVDictionary*& limit : limits) av_dict_free(&limit);
  throw_if_unreadable(context);
  if (result < 0 && context->nb_streams == 0) throw InputError(path.string(), av_error(result));
  return context;
}

bool is_mov(const AVFormatContext& context) {
  return context.iformat != nullptr && std::string_view(context.iformat->name).starts_with("mov,");
}

int pick_video_track(const AVFormatContext& context, int track, const fs::path& path) {
  std::vector<std::string> videos;
  for (unsigned i = 0; i < context.nb_streams; ++i) {
    const AVStream& stream = *context.streams[i];
    if (stream.codecpar->codec_type != AVMEDIA_TYPE_VIDEO) continue;
    if ((stream.disposition & AV_DISPOSITION_ATTACHED_PIC) != 0) continue;
    if (track < 0 || track == static_cast<int>(i)) return static_cast<int>(i);
    videos.push_back(std::to_string(i));
  }
  if (track >= 0 && !videos.empty())
    throw InputError(path.string(), "track " + std::to_string(track) +
                                        " is not a video track; video tracks are " +
                                        list_of(videos));
  throw InputError(path.string(),
                   "no video track among its " + std::to_string(context.nb_streams) + " tracks");
}

VideoFormat stream_format(const AVStream& stream, bool* mirrored) {
  VideoFormat format = format_of(*stream.codecpar, rational_of(stream.time_base));
  format.average_rate = rational_of(stream.avg_frame_rate);
  if (!format.average_rate.valid()) format.average_rate = {0, 1};
  if (stream.sample_aspect_ratio.num > 0)
    format.pixel_aspect = rational_of(stream.sample_aspect_ratio);
  format.rotation = rotation_of(stream, mirrored);
  format.reorder_delay = stream.codecpar->video_delay;
  return format;
}

std::uint64_t declared_file_size(const InputFile& file) {
  std::array<std::uint8_t, 128> head{};
  const std::size_t size = file.read_at(0, head);
  if (size < 64) return 0;
  if (as_text({head.data(), 4}) == "RIFF" && as_text({head.data() + 8, 4}) == "AVI ")
    return 8ull +
           (head[4] | head[5] << 8 | head[6] << 16 | static_cast<std::uint64_t>(head[7]) << 24);
  if (big_endian_u32(head.data()) == kEbml) return declared_ebml_size(head.data(), size);
  return 0;
}

}  // namespace reelcell::media
