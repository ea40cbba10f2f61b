#include "internal/mp4_index.hpp"

#include <algorithm>
#include <limits>
#include <string_view>

#include "reelcell/base/error.hpp"

namespace reelcell::media {

namespace {
constexpr std::uint64_t kChunkBytes = 1 << 20;  ///< readers fetch about a chunk at once
}

/// Boxes with their sizes filled in at the end.
class BoxWriter {
 public:
  template <class Body>
  void box(std::string_view type, Body&& body) {
    const std::size_t start = out_.size();
    u32(0);
    text(type);
    body();
    const std::size_t size = out_.size() - start;
    for (std::size_t i = 0; i < 4; ++i)
      out_[start + i] = static_cast<std::uint8_t>(size >> (8 * (3 - i)));
  }
  template <class Body>
  void full_box(std::string_view type, std::uint32_t version, std::uint32_t flags, Body&& body) {
    box(type, [&] {
      u32(version << 24 | flags);
      body();
    });
  }
  void u16(std::uint32_t value) { put(value, 2); }
  void u32(std::uint64_t value) { put(value, 4); }
  void u64(std::uint64_t value) { put(value, 8); }
  void zeros(std::size_t count) { out_.insert(out_.end(), count, std::uint8_t{0}); }
  void text(std::string_view value) { out_.insert(out_.end(), value.begin(), value.end()); }
  void bytes(ByteView value) { out_.insert(out_.end(), value.begin(), value.end()); }
  /// Identity transformation of mvhd and tkhd.
  void matrix() {
    for (const std::uint32_t value : {0x10000u, 0u, 0u, 0u, 0x10000u, 0u, 0u, 0u, 0x40000000u})
      u32(value);
  }
  Bytes take() { return std::move(out_); }

 private:
  void put(std::uint64_t value, int size) {
    for (int shift = 8 * (size - 1); shift >= 0; shift -= 8)
      out_.push_back(static_cast<std::uint8_t>(value >> shift));
  }
  Bytes out_;
};

std::uint32_t timescale_of(Rational rate) {
  if (!rate.valid() || rate.num > 100'000'000 || rate.den > 100'000'000)
    throw PlanError("a frame rate of " + std::to_string(rate.num) + "/" + std::to_string(rate.den) +
                    " Hz does not fit an MP4's clock; choose a simpler rate");
  std::int64_t scale = rate.num;
  while (scale < 10'000) scale *= 2;
  return static_cast<std::uint32_t>(scale);
}

Mp4Index::Mp4Index(Rational rate, int width, int height)
    : rate_(rate), width_(width), height_(height) {
  static_cast<void>(timescale_of(rate));
}

void Mp4Index::add(std::uint32_t bytes, std::int32_t shift, bool key) {
  if (chunk_samples_.empty() || chunk_bytes_ >= kChunkBytes) {
    chunk_samples_.push_back(0);
    chunk_starts_.push_back(payload_);
    chunk_bytes_ = 0;
  }
  ++chunk_samples_.back();
  chunk_bytes_ += bytes;
  sizes_.push_back(bytes);
  shifts_.push_back(shift);
  keys_.push_back(key);
  payload_ += bytes;
}

Bytes Mp4Index::head(ByteView stsd) const {
  BoxWriter brands;
  brands.box("ftyp", [&] {
    brands.text("isom");
    brands.u32(512);
    brands.text("isomiso2iso4mp41");
  });
  const Bytes ftyp = brands.take();
  const bool large = payload_ > std::numeric_limits<std::uint32_t>::max() - 16;
  const std::size_t mdat_header = large ? 16 : 8;
  // The tables' size does not depend on the offsets in them, so a first draft tells where the
  // payload starts.
  const std::size_t start = ftyp.size() + tables(stsd, 0).size() + mdat_header;
  Bytes out = ftyp;
  const Bytes moov = tables(stsd, start);
  out.insert(out.end(), moov.begin(), moov.end());
  BoxWriter tail;
  tail.u32(large ? 1 : payload_ + 8);
  tail.text("mdat");
  if (large) tail.u64(payload_ + 16);
  const Bytes mdat = tail.take();
  out.insert(out.end(), mdat.begin(), mdat.end());
  return out;
}

Bytes Mp4Index::tables(ByteView stsd, std::uint64_t data_start) const {
  const std::uint32_t scale = timescale_of(rate_);
  const std::uint64_t step =
      static_cast<std::uint64_t>(rate_.den) * (scale / static_cast<std::uint64_t>(rate_.num));
  const std::uint64_t duration = step * sizes_.size();
  const std::uint32_t version = duration > std::numeric_limits<std::uint32_t>::max() ? 1 : 0;
  BoxWriter out;
  const auto times = [&](bool track) {  // creation, modification: none, so that bytes repeat
    out.zeros(version == 1 ? 16 : 8);
    out.u32(track ? 1 : scale);
    if (track) out.u32(0);
    version == 1 ? out.u64(duration) : out.u32(duration);
  };
  out.box("moov", [&] {
    out.full_box("mvhd", version, 0, [&] {
      times(false);
      out.u32(0x10000);  // rate 1
      out.u16(0x100);    // volume 1
      out.zeros(10);
      out.matrix();
      out.zeros(24);
      out.u32(2);  // next track
    });
    out.box("trak", [&] {
      out.full_box("tkhd", version, 3, [&] {
        times(true);
        out.zeros(16);
        out.matrix();
        out.u32(static_cast<std::uint64_t>(width_) << 16);
        out.u32(static_cast<std::uint64_t>(height_) << 16);
      });
      out.box("mdia", [&] {
        out.full_box("mdhd", version, 0, [&] {
          times(false);
          out.u16(0x55c4);  // language "und"
          out.u16(0);
        });
        out.full_box("hdlr", 0, 0, [&] {
          out.zeros(4);
          out.text("vide");
          out.zeros(12);
          out.text(std::string_view("VideoHandler\0", 13));
        });
        out.box("minf", [&] {
          out.full_box("vmhd", 0, 1, [&] { out.zeros(8); });
          out.box("dinf", [&] {
            out.full_box("dref", 0, 0, [&] {
              out.u32(1);
              out.full_box("url ", 0, 1, [] {});
            });
          });
          out.box("stbl", [&] { put_sample_tables(out, stsd, data_start); });
        });
      });
    });
  });
  return out.take();
}

void Mp4Index::put_sample_tables(BoxWriter& out, ByteView stsd, std::uint64_t data_start) const {
  const std::uint64_t step = static_cast<std::uint64_t>(rate_.den) *
                             (timescale_of(rate_) / static_cast<std::uint64_t>(rate_.num));
  out.bytes(stsd);
  out.full_box("stts", 0, 0, [&] {
    out.u32(1);
    out.u32(sizes_.size());
    out.u32(step);
  });
  const auto key_count = std::count(keys_.begin(), keys_.end(), true);
  if (static_cast<std::size_t>(key_count) != keys_.size())
    out.full_box("stss", 0, 0, [&] {
      out.u32(static_cast<std::uint64_t>(key_count));
      for (std::size_t i = 0; i < keys_.size(); ++i)
        if (keys_[i]) out.u32(i + 1);
    });
  if (std::any_of(shifts_.begin(), shifts_.end(), [](std::int32_t shift) { return shift != 0; })) {
    std::vector<std::pair<std::uint32_t, std::int32_t>> runs;
    for (const std::int32_t shift : shifts_) {
      if (runs.empty() || runs.back().second != shift) runs.emplace_back(0, shift);
      ++runs.back().first;
    }
    out.full_box("ctts", 1, 0, [&] {
      out.u32(runs.size());
      for (const auto& [count, shift] : runs) {
        out.u32(count);
        out.u32(static_cast<std::uint32_t>(shift * static_cast<std::int64_t>(step)));
      }
    });
  }
  std::vector<std::pair<std::uint32_t, std::uint32_t>>
      chunk_runs;  // first chunk (from 1), samples a chunk
  for (std::size_t i = 0; i < chunk_samples_.size(); ++i)
    if (chunk_runs.empty() || chunk_runs.back().second != chunk_samples_[i])
      chunk_runs.emplace_back(static_cast<std::uint32_t>(i + 1), chunk_samples_[i]);
  out.full_box("stsc", 0, 0, [&] {
    out.u32(chunk_runs.size());
    for (const auto& [first, samples] : chunk_runs) {
      out.u32(first);
      out.u32(samples);
      out.u32(1);
    }
  });
  out.full_box("stsz", 0, 0, [&] {
    out.u32(0);
    out.u32(sizes_.size());
    for (const std::uint32_t size : sizes_) out.u32(size);
  });
  const bool wide = payload_ > std::numeric_limits<std::uint32_t>::max() / 2;
  out.full_box(wide ? "co64" : "stco", 0, 0, [&] {
    out.u32(chunk_starts_.size());
    for (const std::uint64_t start : chunk_starts_)
      wide ? out.u64(data_start + start) : out.u32(data_start + start);
  });
}

}  // namespace reelcell::media
