#include "reelcell/media/mp4.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>
#include <vector>

#include "internal/mp4_index.hpp"
#include "internal/sample_entry.hpp"
#include "internal/track.hpp"
#include "reelcell/base/error.hpp"

namespace reelcell::media {

namespace {

/// Payload that is kept in memory before it is spilled: files of short clips then need a single
/// pass, and a track of a large file takes no more.
constexpr std::size_t kKeepBytes = 4u << 20;
constexpr std::size_t kPieceBytes = 1u << 20;

class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

Descriptor create_file(const fs::path& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd < 0) throw OutputError(path.string(), "cannot be created: " + errno_text(errno));
  return Descriptor(fd);
}

void write_all(int fd, ByteView bytes, const fs::path& path) {
  while (!bytes.empty()) {
    const ssize_t done = ::write(fd, bytes.data(), bytes.size());
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) throw OutputError(path.string(), "cannot be written: " + errno_text(errno));
    bytes = bytes.subspan(static_cast<std::size_t>(done));
  }
}

/// The kernel copies (or shares blocks) where it can.
void copy_all(int from, int to, std::uint64_t size, const fs::path& path) {
  off_t at = 0;
  Bytes buffer;
  while (static_cast<std::uint64_t>(at) < size) {
    const std::uint64_t left = size - static_cast<std::uint64_t>(at);
    if (buffer.empty()) {
      const ssize_t done = ::copy_file_range(from, &at, to, nullptr, left, 0);
      if (done > 0 || (done < 0 && errno == EINTR)) continue;
      if (done < 0 && errno == ENOSPC)
        throw OutputError(path.string(), "cannot be written: " + errno_text(errno));
      buffer.resize(1 << 20);
    }
    const ssize_t got =
        ::pread(from, buffer.data(), std::min<std::uint64_t>(left, buffer.size()), at);
    if (got <= 0)
      throw OutputError(path.string(),
                        "its temporary payload cannot be read: " + errno_text(errno));
    write_all(to, {buffer.data(), static_cast<std::size_t>(got)}, path);
    at += got;
  }
}

/// What every writer asks of a clip; a clip that breaks it was made wrongly.
void check_clip(const ClipPackets& clip) {
  std::vector<bool> seen(clip.packets.size());
  bool whole =
      !clip.packets.empty() && clip.packets.size() == clip.frames && clip.packets.front().key;
  for (const VideoPacket& packet : clip.packets) {
    if (!packet.data || packet.pts < 0 || packet.pts >= static_cast<std::int64_t>(seen.size()) ||
        seen[static_cast<std::size_t>(packet.pts)]) {
      whole = false;
      break;
    }
    seen[static_cast<std::size_t>(packet.pts)] = true;
  }
  if (!whole)
    throw PlanError(
        "a clip must hold each of its rows once and start at a key frame; this one has " +
        std::to_string(clip.packets.size()) + " packets for " + std::to_string(clip.frames) +
        " rows");
}

/// Gives each sample of a clip in decode order.
template <class Take>
void for_each_sample(const ClipPackets& clip, Mp4Index& index, Take&& take) {
  for (std::size_t i = 0; i < clip.packets.size(); ++i) {
    const VideoPacket& packet = clip.packets[i];
    std::shared_ptr<const Bytes> sample = to_sample(clip.format, packet.data);
    index.add(static_cast<std::uint32_t>(sample->size()),
              static_cast<std::int32_t>(packet.pts - static_cast<std::int64_t>(i)), packet.key);
    take(std::move(sample));
  }
}

}  // namespace

struct Mp4Writer::Impl {
  Impl(const fs::path& path_in, const VideoFormat& format_in, Rational rate_in)
      : path(path_in),
        track(format_in),
        rate(rate_in),
        index(rate_in, format_in.width, format_in.height),
        file(create_file(path_in)) {}

  /// Copied rather than kept: packets come from the threads that read them, and memory that is
  /// given back there in pieces stays with the process.
  void put(ByteView bytes) {
    buffer.insert(buffer.end(), bytes.begin(), bytes.end());
    if (buffer.size() < (spill.get() < 0 ? kKeepBytes : kPieceBytes)) return;
    if (spill.get() < 0) {
      const fs::path name = path.string() + ".payload";
      spill = create_file(name);
      ::unlink(name.c_str());  // gone by itself, whatever happens
    }
    flush();
  }
  void flush() {
    write_all(spill.get(), buffer, path);
    buffer.clear();
  }
  void write_out() {
    const Bytes head = index.head(sample_description(track.format(), *first));
    write_all(file.get(), head, path);
    if (spill.get() >= 0) {
      flush();
      copy_all(spill.get(), file.get(), index.payload(), path);
    } else {
      write_all(file.get(), buffer, path);
    }
    if (::close(file.release()) != 0)
      throw OutputError(path.string(), "cannot be closed: " + errno_text(errno));
  }

  fs::path path;
  Track track;
  Rational rate;
  Mp4Index index;
  std::shared_ptr<const Bytes> first;  ///< packet of the track
  Descriptor file, spill;
  Bytes buffer;  ///< payload that is in no file yet
};

Mp4Writer::Mp4Writer(const fs::path& path, const VideoFormat& format, Rational rate)
    : impl_(std::make_unique<Impl>(path, format, rate)) {}
Mp4Writer::~Mp4Writer() = default;

bool Mp4Writer::accepts(const ClipPackets& clip) const { return impl_->track.accepts(clip); }

void Mp4Writer::add(const ClipPackets& clip) {
  if (!accepts(clip)) {
    const VideoFormat& ours = impl_->track.format();
    throw PlanError(impl_->path.string(),
                    "a clip of " + clip.format.codec + " " + std::to_string(clip.format.width) +
                        " x " + std::to_string(clip.format.height) + " " + clip.format.pix_fmt +
                        " cannot follow " + ours.codec + " " + std::to_string(ours.width) + " x " +
                        std::to_string(ours.height) + " " + ours.pix_fmt +
                        " on one track; start a new file");
  }
  if (clip.rate != impl_->rate)
    throw PlanError(impl_->path.string(),
                    "a clip at another rate cannot follow on one track; start a new file");
  check_clip(clip);
  impl_->track.add(clip);
  if (!impl_->first) impl_->first = clip.packets.front().data;
  for_each_sample(clip, impl_->index,
                  [&](const std::shared_ptr<const Bytes>& sample) { impl_->put(*sample); });
}

std::uint64_t Mp4Writer::frames() const { return impl_->index.samples(); }
std::uint64_t Mp4Writer::bytes() const { return impl_->index.payload(); }

void Mp4Writer::close() {
  if (impl_->index.samples() == 0)
    throw PlanError(impl_->path.string(), "a video file needs at least one frame");
  impl_->write_out();
}

Bytes mp4_bytes(const ClipPackets& clip) {
  check_clip(clip);
  const Bytes description = sample_description(clip.format, *clip.packets.front().data);
  Mp4Index index(clip.rate, clip.format.width, clip.format.height);
  std::vector<std::shared_ptr<const Bytes>> samples;
  for_each_sample(clip, index, [&](std::shared_ptr<const Bytes> sample) {
    samples.push_back(std::move(sample));
  });
  Bytes out = index.head(description);
  out.reserve(out.size() + static_cast<std::size_t>(index.payload()));
  for (const auto& sample : samples) out.insert(out.end(), sample->begin(), sample->end());
  return out;
}

}  // namespace reelcell::media
