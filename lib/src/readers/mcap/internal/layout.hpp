// What lies where in a file: from its summary when that is whole and complete, else by scanning it
// all.
#pragma once

#include <optional>
#include <vector>

#include "chunk.hpp"
#include "records.hpp"
#include "reelcell/base/diagnostics.hpp"
#include "source.hpp"

namespace reelcell::readers::mcap {

/// A stretch of the file with messages: one Chunk record, or a run of records outside chunks.
struct Piece {
  enum class Kind {
    kChunk,
    kRun,  ///< whole Message records (perhaps others between them), at most kRunSize or one record
    kUncharted  ///< from a summary that does not say what lies there: any length, times not known
  };
  static constexpr std::uint64_t kRunSize = 1 << 20;
  Kind kind = Kind::kChunk;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  std::uint64_t start_time = 0;
  std::uint64_t end_time = 0;  ///< inclusive
  /// Index into Summary::chunks, for a chunk.
  std::size_t chunk = 0;
};

struct Layout {
  Summary summary;
  std::vector<Piece> pieces;  ///< in file order
  std::uint64_t data_end =
      0;  ///< of the data section: where DataEnd is, or the last whole record ends
  /// Of the bytes before data_end; none where not given or already checked by a scan.
  std::optional<std::uint32_t> data_crc;
};

/// Throws InputError for what is no MCAP file.
Layout read_layout(const ByteSource& source, Depth depth, Diagnostics& diagnostics);

// The steps of it.
void check_magic(const ByteSource& source);
/// Header at byte 8; nullopt when the file is cut inside it. `end` is where the next record begins.
std::optional<Header> read_header(const ByteSource& source, std::uint64_t* end);
/// False when there is no usable summary; why is then in `reason`.
bool layout_from_summary(const ByteSource& source, Layout& layout, std::string& reason,
                         Diagnostics& diagnostics);
void layout_from_scan(const ByteSource& source, Layout& layout, Diagnostics& diagnostics);
/// By its message indexes alone; false, and the layout as it was, where they do not tell it all.
bool layout_from_indexes(const ByteSource& source, Layout& layout, Diagnostics& diagnostics);

/// Splits a range of records outside chunks into runs with their times; for log-time order.
/// What is damaged in it is reported.
std::vector<Piece> chart_runs(const ByteSource& source, const Piece& uncharted,
                              Diagnostics& diagnostics);

/// Collects runs while records go by in file order.
class RunBuilder {
 public:
  explicit RunBuilder(std::vector<Piece>& pieces) : pieces_(pieces) {}
  void message(std::uint64_t offset, std::uint64_t end, std::uint64_t log_time);
  /// Something else lies here: the run ends.
  void finish();

 private:
  std::vector<Piece>& pieces_;
  Piece run_;
};

/// For Diagnostics, whose times are int64.
inline std::int64_t clamp_time(std::uint64_t log_time) {
  return static_cast<std::int64_t>(
      std::min<std::uint64_t>(log_time, std::numeric_limits<std::int64_t>::max()));
}
/// "byte 1234"
inline std::string at_byte(std::uint64_t offset) { return "byte " + std::to_string(offset); }

}  // namespace reelcell::readers::mcap
