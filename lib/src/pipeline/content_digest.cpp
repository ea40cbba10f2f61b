#include "internal/content_digest.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "reelcell/base/json.hpp"
#include "reelcell/model/value.hpp"

namespace reelcell::pipeline {
namespace {

/// Values with their lengths, so that no two contents give the same bytes. Little-endian.
class ContentHasher {
 public:
  explicit ContentHasher(Hasher::Kinds kinds = Hasher::Kinds::kBoth) : hasher_(kinds) {}
  ContentHasher& number(std::int64_t value) {
    auto bits = static_cast<std::uint64_t>(value);
    for (int byte = 0; byte < 8; ++byte, bits >>= 8)
      buffer_.push_back(static_cast<std::uint8_t>(bits & 0xff));
    return flush_at(kBuffer);
  }
  ContentHasher& real(double value) {
    // A missing value is one, whatever the bits of its NaN.
    return number(std::isnan(value) ? kMissing : std::bit_cast<std::int64_t>(value));
  }
  ContentHasher& bytes(ByteView view) {
    number(static_cast<std::int64_t>(view.size()));
    flush_at(0);
    hasher_.update(view);
    bytes_ += view.size();
    return *this;
  }
  ContentHasher& text(std::string_view value) {
    return bytes({reinterpret_cast<const std::uint8_t*>(value.data()), value.size()});
  }
  Digests finish() {
    flush_at(0);
    Digests digests = hasher_.finish();
    digests.bytes = bytes_;
    return digests;
  }

 private:
  static constexpr std::size_t kBuffer = 1 << 16;
  static constexpr std::int64_t kMissing = 0x7ff8000000000000;
  ContentHasher& flush_at(std::size_t size) {
    if (buffer_.size() < std::max<std::size_t>(1, size)) return *this;
    hasher_.update(buffer_);
    bytes_ += buffer_.size();
    buffer_.clear();
    return *this;
  }
  Hasher hasher_;
  Bytes buffer_;
  std::uint64_t bytes_ = 0;
};

void add_value(ContentHasher& hash, const Column& column, std::size_t at) {
  if (const auto* reals = std::get_if<std::vector<double>>(&column.data))
    hash.real((*reals)[at]);
  else if (const auto* integers = std::get_if<std::vector<std::int64_t>>(&column.data))
    hash.number((*integers)[at]);
  else
    hash.text(std::get<std::vector<std::string>>(column.data)[at]);
}

/// Row by row: where the file's row groups begin is no content.
void add_series(ContentHasher& hash, SeriesCursor& cursor) {
  for (const ColumnSpec& column : cursor.columns())
    hash.text(column.name)
        .text(to_string(column.dtype))
        .number(static_cast<std::int64_t>(column.width));
  SeriesBatch batch;
  while (cursor.next(batch))
    for (std::size_t row = 0; row < batch.size(); ++row) {
      hash.number(ns_of(batch.times[row]));
      for (const Column& column : batch.columns)
        for (std::size_t i = 0; i < column.spec.width; ++i)
          add_value(hash, column, row * column.spec.width + i);
    }
}

void add_events(ContentHasher& hash, EventCursor& cursor) {
  StreamEvent event;
  while (cursor.next(event)) {
    hash.number(ns_of(event.time)).number(ns_of(event.end)).text(event.kind);
    hash.number(static_cast<std::int64_t>(event.fields.size()));
    for (const auto& [name, value] : event.fields) hash.text(name).text(to_json(value).dump());
  }
}

/// Times and coded frames, not pts: those are of the file that others share.
void add_video(ContentHasher& hash, const VideoSource& video) {
  const VideoFormat& format = video.format();
  hash.text(format.codec).number(format.width).number(format.height).number(format.rotation);
  hash.bytes(format.extradata);
  const FrameTable& table = video.frames();
  if (table.frames.empty()) return;
  const auto by_packet = [](const FrameRecord& a, const FrameRecord& b) {
    return a.packet < b.packet;
  };
  const auto [low, high] = std::minmax_element(table.frames.begin(), table.frames.end(), by_packet);
  const std::uint32_t first = low->packet, last = high->packet;
  for (const FrameRecord& frame : table.frames)
    hash.number(ns_of(frame.time)).number(frame.packet - first).number(frame.key);
  VideoPacket packet;
  for (auto cursor = video.packets_from(first); cursor->next(packet);) {
    if (packet.ordinal > last) break;
    hash.number(packet.key);
    if (packet.data) hash.bytes(*packet.data);
  }
}

}  // namespace

Digests content_digests(const SessionDescription& session, const StreamInfo& stream,
                        const Recording* recording, const VideoSource* video) {
  ContentHasher hash;
  hash.text("reelcell content 1").text(stream.item).text(to_string(stream.kind));
  for (const auto& [name, value] : session.attributes) hash.text(name).text(to_json(value).dump());
  // What is damaged was counted by whoever read it for the corpus.
  Diagnostics counted;
  if (video)
    add_video(hash, *video);
  else if (recording && stream.kind == StreamKind::kSeries)
    add_series(hash, *recording->open_series(stream.item, counted));
  else if (recording && stream.kind == StreamKind::kEvents)
    add_events(hash, *recording->open_events(stream.item, counted));
  else
    return {};
  return hash.finish();
}

std::string columns_digest(const std::vector<Column>& columns) {
  std::vector<const Column*> sorted;
  for (const Column& column : columns) sorted.push_back(&column);
  std::sort(sorted.begin(), sorted.end(),
            [](const Column* a, const Column* b) { return a->spec.name < b->spec.name; });
  ContentHasher hash(Hasher::Kinds::kXxh3Only);
  for (const Column* column : sorted) {
    const std::size_t values = column->rows() * column->spec.width;
    hash.text(column->spec.name)
        .text(to_string(column->spec.dtype))
        .number(static_cast<std::int64_t>(column->spec.width))
        .number(static_cast<std::int64_t>(values));
    for (std::size_t i = 0; i < values; ++i) add_value(hash, *column, i);
  }
  return hash.finish().xxh3_128;
}

}  // namespace reelcell::pipeline
