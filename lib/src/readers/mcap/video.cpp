#include "internal/video.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <mutex>
#include <numeric>

#include "internal/codec/wire.hpp"
#include "internal/series.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/media/video_file.hpp"

namespace reelcell::readers::mcap {
namespace {

constexpr std::int64_t kMaxSide = 32768;

/// The fields of one image message. `data` borrows from the message.
struct Image {
  ByteView data;
  std::string format;  ///< `format` of compressed images, `encoding` of raw ones
  std::int64_t width = 0, height = 0, step = 0, big_endian = 0;
  std::int64_t stamp = 0;
};

/// Reads only those fields, wherever they stand in the message. Not thread-safe.
class ImageReader {
 public:
  ImageReader(const Topic& topic, Node shape, ImageKind kind, const StampFields& stamp)
      : kind_(kind), base64_(topic.channel->message_encoding == "json") {
    add(shape, "data", ColumnTarget::Store::kBlob, &image_.data);
    add(shape, kind == ImageKind::kRaw ? "encoding" : "format", ColumnTarget::Store::kText,
        &image_.format);
    if (kind == ImageKind::kRaw) {
      add(shape, "width", ColumnTarget::Store::kInteger, &image_.width);
      add(shape, "height", ColumnTarget::Store::kInteger, &image_.height);
      add(shape, "step", ColumnTarget::Store::kInteger, &image_.step);
      if (find_node(shape, "is_bigendian"))
        add(shape, "is_bigendian", ColumnTarget::Store::kInteger, &image_.big_endian);
    }
    std::size_t part = 0;
    for (const std::string& path : stamp.paths)
      add(shape, path, ColumnTarget::Store::kInteger, &stamp_[part++]);
    joined_ = stamp.paths.size() == 2;
    std::vector<ColumnTarget::Store> stores;
    for (const ColumnTarget& target : sink_.columns) stores.push_back(target.store);
    decoder_ = topic.codec->compile(shape, stores);
  }
  ImageReader(const ImageReader&) = delete;
  ImageReader& operator=(const ImageReader&) = delete;

  DecodeStatus read(ByteView message) {
    const DecodeStatus status = decoder_->decode(message, sink_);
    if (status == DecodeStatus::kOk)
      image_.stamp = joined_ ? join_time(stamp_[0], stamp_[1]) : stamp_[0];
    return status;
  }
  const Image& image() const { return image_; }
  RowDecoder& decoder() { return *decoder_; }

  /// The coded frame as a decoder takes it: base64 undone, padding at the ends of rows removed.
  /// Throws InputError.
  Bytes frame() const {
    Bytes plain;
    ByteView data = image_.data;
    if (base64_) {
      plain = decode_base64(as_text(data));
      data = plain;
    }
    if (kind_ == ImageKind::kCompressed)
      return base64_ ? std::move(plain) : Bytes(data.begin(), data.end());
    return pack_rows(data);
  }

  /// Format of the frame just read; `bytes` as frame() gave them. Throws InputError.
  VideoFormat format(ByteView bytes) const {
    VideoFormat made;
    if (kind_ == ImageKind::kCompressed) {
      made.codec = compressed_codec(image_.format, bytes);
      return made;
    }
    made.codec = "rawvideo";
    made.pix_fmt = raw_layout(image_.format, image_.big_endian != 0).pix_fmt;
    made.width = static_cast<int>(image_.width);
    made.height = static_cast<int>(image_.height);
    made.bit_depth = made.pix_fmt.ends_with("le") || made.pix_fmt.ends_with("be") ? 16 : 8;
    return made;
  }

 private:
  void add(Node& shape, const std::string& path, ColumnTarget::Store store, void* value) {
    if (!mark_node(shape, path, static_cast<std::int32_t>(sink_.columns.size())))
      throw InputError("image messages have no field '" + path + "'");
    const Node& node = *find_node(shape, path);
    const bool is_text = node.prim == Prim::kString || node.prim == Prim::kBytes;
    const bool is_blob = is_text || (node.kind == Node::Kind::kArray && node.prim == Prim::kUInt8);
    const bool fits = store == ColumnTarget::Store::kBlob ? is_blob
                      : store == ColumnTarget::Store::kText
                          ? node.prim == Prim::kString && node.kind == Node::Kind::kScalar
                          : !is_text && node.kind == Node::Kind::kScalar;
    if (!fits)
      throw InputError("field '" + path +
                       "' of image messages is of another type than images have");
    sink_.columns.push_back({store, false, 1, value});
  }

  Bytes pack_rows(ByteView data) const {
    const RawLayout layout = raw_layout(image_.format, image_.big_endian != 0);
    if (image_.width <= 0 || image_.height <= 0 || image_.width > kMaxSide ||
        image_.height > kMaxSide)
      throw InputError("image of " + std::to_string(image_.width) + "x" +
                       std::to_string(image_.height) + " pixels; expected 1 to " +
                       std::to_string(kMaxSide) + " a side");
    const auto width = static_cast<std::size_t>(image_.width),
               height = static_cast<std::size_t>(image_.height);
    const std::size_t row = (width * layout.bytes_per_two_pixels + 1) / 2;
    const std::size_t step = image_.step > 0 ? static_cast<std::size_t>(image_.step) : row;
    if (step < row || step > (std::size_t{1} << 24) || data.size() < step * (height - 1) + row)
      throw InputError("image of " + std::to_string(width) + "x" + std::to_string(height) + " " +
                       image_.format + " with step " + std::to_string(image_.step) + " holds " +
                       std::to_string(data.size()) + " bytes; expected " +
                       std::to_string(step * height));
    Bytes out(row * height);
    for (std::size_t y = 0; y < height; ++y)
      std::memcpy(out.data() + y * row, data.data() + y * step, row);
    return out;
  }

  ImageKind kind_;
  bool base64_;
  bool joined_ = false;
  Image image_;
  std::int64_t stamp_[2] = {0, 0};
  RowSink sink_;
  std::unique_ptr<RowDecoder> decoder_;
};

/// Header stamp of image messages; throws when it is the clock and there is none.
StampFields image_stamp(const Node& shape, const ReadOptions& options) {
  StampFields stamp = find_stamp(shape, options.stamp_field);
  if (options.clock == Clock::kHeader && stamp.paths.empty())
    throw InputError(
        "clock is \"header\", but image messages have no header.stamp or timestamp; set \"clock\" "
        "to "
        "log_time or publish_time");
  if (options.clock != Clock::kHeader) stamp.paths.clear();
  return stamp;
}

struct Frame {
  MessageRef ref;
  std::int64_t time = 0;  ///< of the chosen clock
  std::int64_t log_time = 0;
  std::uint32_t bytes = 0;
  bool key = false;
};

/// The frames in decode order (the order of the log) and the format that they share.
struct Scan {
  VideoFormat format;
  std::vector<Frame> frames;
};

struct Limit {
  std::size_t frames = std::numeric_limits<std::size_t>::max();
  std::uint64_t bytes = std::numeric_limits<std::uint64_t>::max();
};

Scan scan_frames(const McapFile& file, const Topic& topic, ImageReader& reader,
                 const ReadOptions& options, Diagnostics& diagnostics, Limit limit = {}) {
  Scan scan;
  LossTally losses(diagnostics, place_of(file, topic));
  MessageQuery query;
  query.channels = topic.channels;
  query.order = Order::kLogTime;
  const auto messages = file.messages(query, diagnostics);
  MessageView message;
  std::uint64_t read = 0;
  while (scan.frames.size() < limit.frames && read < limit.bytes && messages->next(message)) {
    read += message.data.size();
    const DecodeStatus status = reader.read(message.data);
    if (status != DecodeStatus::kOk) {
      tally(losses, status, reader.decoder(), message.log_time);
      continue;
    }
    const auto log_time = static_cast<std::int64_t>(message.log_time);
    try {
      const Bytes bytes = reader.frame();
      if (bytes.empty()) throw InputError("the message holds no image data");
      const VideoFormat format = reader.format(bytes);
      if (scan.frames.empty()) scan.format = format;
      if (format.codec != scan.format.codec || format.width != scan.format.width ||
          format.height != scan.format.height || format.pix_fmt != scan.format.pix_fmt)
        throw InputError("the image is " + format.codec + " " + format.pix_fmt + " " +
                         std::to_string(format.width) + "x" + std::to_string(format.height) +
                         ", unlike the first one");
      Frame frame;
      frame.ref = message.ref;
      frame.log_time = log_time;
      frame.time = options.clock == Clock::kHeader ? reader.image().stamp
                   : options.clock == Clock::kPublishTime
                       ? static_cast<std::int64_t>(message.publish_time)
                       : log_time;
      frame.bytes = static_cast<std::uint32_t>(std::min<std::size_t>(bytes.size(), UINT32_MAX));
      frame.key = format.codec == "rawvideo" || media::is_key_packet(format.codec, bytes);
      scan.frames.push_back(frame);
    } catch (const InputError& error) {
      losses.add("mcap-undecodable-message", log_time,
                 [&] { return error.message() + "; the message was skipped"; });
    }
  }
  return scan;
}

/// Frames before the first key frame can never be decoded.
void drop_head(Scan& scan, const McapFile& file, const Topic& topic, Diagnostics& diagnostics) {
  const auto first =
      std::find_if(scan.frames.begin(), scan.frames.end(), [](const Frame& f) { return f.key; });
  const auto lost = static_cast<std::uint64_t>(first - scan.frames.begin());
  if (lost == 0) return;
  Diagnostic entry{Severity::kLoss,
                   "mcap-no-key-frame",
                   place_of(file, topic),
                   std::to_string(lost) +
                       " frames come before the first key frame and cannot be decoded; they were "
                       "skipped",
                   lost,
                   scan.frames.front().time,
                   (first - 1)->time};
  diagnostics.add(std::move(entry));
  scan.frames.erase(scan.frames.begin(), first);
}

media::PacketList packet_list(const Scan& scan) {
  media::PacketList list;
  list.format = scan.format;
  list.table.times_from_container = false;
  list.table.packets = static_cast<std::uint32_t>(scan.frames.size());
  std::vector<std::uint32_t> order(scan.frames.size());
  std::iota(order.begin(), order.end(), 0u);
  std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    return scan.frames[a].time < scan.frames[b].time;
  });
  std::int64_t before = std::numeric_limits<std::int64_t>::min();
  for (const std::uint32_t packet : order) {
    const Frame& frame = scan.frames[packet];
    FrameRecord record;
    record.time = stream_time(frame.time);
    // Decoders tell frames apart by pts, so two equal stamps are set 1 ns apart there; `time` stays
    // true.
    record.pts = before = std::max(frame.time, before == INT64_MAX ? before : before + 1);
    record.packet = packet;
    record.bytes = frame.bytes;
    record.key = record.entry = frame.key;
    list.table.frames.push_back(record);
  }
  if (!std::is_sorted(order.begin(), order.end()))
    for (const Frame& frame : scan.frames) list.dts.push_back(frame.log_time);
  return list;
}

}  // namespace

std::optional<VideoFormat> probe_video(const McapFile& file, const Topic& topic,
                                       const ReadOptions& options) {
  try {
    Node shape = topic_shape(file, topic);
    ImageReader reader(topic, shape, image_kind(topic), image_stamp(shape, options));
    Diagnostics ignored;  // the same is reported when the stream is opened
    MessageQuery query;
    query.channels = topic.channels;
    query.order = Order::kLogTime;
    const auto messages = file.messages(query, ignored);
    MessageView message;
    if (!messages->next(message) || reader.read(message.data) != DecodeStatus::kOk)
      return std::nullopt;
    const Bytes bytes = reader.frame();
    const VideoFormat format = reader.format(bytes);
    if (format.codec == "rawvideo" || !media::is_key_packet(format.codec, bytes)) return format;
    return media::format_from_packet(format.codec, bytes);
  } catch (const InputError&) {
    return std::nullopt;
  }
}

std::shared_ptr<const FrameTable> glance_video(const McapFile& file, const Topic& topic,
                                               const ReadOptions& options) {
  constexpr Limit kGlance{300, 16 << 20};
  try {
    Node shape = topic_shape(file, topic);
    ImageReader reader(topic, shape, image_kind(topic), image_stamp(shape, options));
    Diagnostics ignored;  // the same is reported when the stream is opened
    Scan scan = scan_frames(file, topic, reader, options, ignored, kGlance);
    drop_head(scan, file, topic, ignored);
    if (scan.frames.empty()) return nullptr;
    return std::make_shared<const FrameTable>(packet_list(scan).table);
  } catch (const InputError&) {
    return nullptr;
  }
}

std::shared_ptr<VideoSource> open_topic_video(std::shared_ptr<const McapFile> file,
                                              const Topic& topic, const ReadOptions& options,
                                              Diagnostics& diagnostics) {
  return at_place(place_of(*file, topic), [&] {
    const Node shape = topic_shape(*file, topic);
    struct Shared {
      std::shared_ptr<const McapFile> file;
      std::shared_ptr<const Codec> codec;
      ImageReader reader;
      std::mutex mutex;
      std::vector<MessageRef> refs;
    };
    std::shared_ptr<Shared> shared(new Shared{
        file, topic.codec, {topic, shape, image_kind(topic), image_stamp(shape, options)}, {}, {}});
    Scan scan = scan_frames(*file, topic, shared->reader, options, diagnostics);
    drop_head(scan, *file, topic, diagnostics);
    if (scan.frames.empty()) throw InputError("the topic holds no image that can be decoded");
    for (const Frame& frame : scan.frames) shared->refs.push_back(frame.ref);
    media::PacketList list = packet_list(scan);
    list.description = place_of(*file, topic);
    list.load = [shared](std::uint32_t packet) -> std::shared_ptr<const Bytes> {
      const Bytes message = shared->file->read(shared->refs.at(packet));
      const std::lock_guard lock(shared->mutex);
      if (shared->reader.read(message) != DecodeStatus::kOk) return nullptr;
      return std::make_shared<const Bytes>(shared->reader.frame());
    };
    return media::make_packet_source(std::move(list));
  });
}

}  // namespace reelcell::readers::mcap
