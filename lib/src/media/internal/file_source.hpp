// A video track of a file: what its cursors share.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "internal/container.hpp"
#include "internal/scan.hpp"
#include "reelcell/model/video.hpp"

namespace reelcell::media {

/// An open demuxer and where in the track it stands. Used by one cursor at a time.
struct Demuxer {
  FormatHandle context;
  PacketHandle packet;
  std::uint32_t next = 0;  ///< decode-order ordinal of the packet that comes next
  bool pending = false;    ///< `packet` already holds it
};

/// Idle demuxers of one file: opening a large file costs more than a short cut from it.
class DemuxerPool {
 public:
  /// The idle demuxer that stands nearest before `ordinal`, else any, else nullptr.
  std::unique_ptr<Demuxer> take(std::uint32_t ordinal);
  void put(std::unique_ptr<Demuxer> demuxer);

 private:
  static constexpr std::size_t kMaxIdle = 4;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Demuxer>> idle_;
};

/// Cursors keep this alive, so they may outlive the source.
struct FileTrack {
  FileTrack(fs::path path_in) : path(std::move(path_in)), file(path) {}
  fs::path path;
  std::string where;  ///< "dir/front.mp4 track 0"
  InputFile file;
  int track = 0;
  bool mov = false;
  VideoFormat format;
  Diagnostics* diagnostics = nullptr;
  std::once_flag scanned;
  TrackIndex index;
  DemuxerPool pool;
};

/// Cursor over packets [start, ..) of a scanned track. Uses positional reads where the index knows
/// them.
std::unique_ptr<PacketCursor> open_file_cursor(std::shared_ptr<FileTrack> track,
                                               std::uint32_t start);

}  // namespace reelcell::media
