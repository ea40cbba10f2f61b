// The way in through every record, or through what lies between the chunks.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "layout.hpp"
#include "walker.hpp"

namespace reelcell::readers::mcap {

/// The indexes do not tell what is in the file.
struct NotTold {};

/// A chunk whose indexes may not all have come yet.
struct Untold {
  std::uint64_t offset = 0;  ///< of the record
  std::uint64_t length = 0;  ///< of its body
  ChunkHead head;
  std::vector<std::pair<std::uint64_t, MessageIndex>> indexes = {};  ///< with their places
  std::uint64_t indexes_end = 0;
};

/// Fills a layout record by record; what is damaged or missing is told.
class Scan {
 public:
  Scan(const ByteSource& source, Depth depth, Layout& layout, Diagnostics& diagnostics);

  /// Throws NotTold, by its indexes only.
  void run();

 private:
  /// True after the Footer.
  bool take(const Record& record, std::uint32_t crc_before);
  void unknown(Opcode opcode, std::uint64_t offset);
  void add(Schema schema);
  void add(Channel channel);
  void count(std::uint16_t channel, std::uint64_t log_time);
  void take_chunk(const Record& record);
  void take_chunk_whole(const Record& record);

  /// Whole, or the part before a cut.
  void keep_chunk(const Record& record, const ChunkContents& chunk);
  void take_inner(Opcode opcode, std::uint64_t chunk_offset, ByteView body, ChunkIndex& index);

  /// A chunk that is read after all.
  void load_untold();
  void refuse_chunk(const Record& record, const ChunkContents& chunk);
  void take_message_index(const Record& record);

  /// Indexes that leave out a channel, as where the file is cut between them, would hide its
  /// messages: without any, a chunk is looked into.
  void check_indexes();

  /// What has not been read, once all its indexes are there.
  void tell_by_indexes();

  /// The chunk that a channel first has messages in says what it is.
  void learn_channels(const Untold& untold);

  /// As its head says.
  void open_chunk(const Untold& chunk);
  void take_attachment(const Record& record);
  void end_data(const Record& record, std::uint32_t crc_before);
  void after_footer(std::uint64_t end);

  /// The file ends, or is no longer MCAP, before the footer.
  void ended_early(Step step, const Record& record);
  void rescue_chunk(Record record);
  void lose(const char* code, const std::string& message, std::uint64_t count = 1);
  void finish();
  const ByteSource& source_;
  Depth depth_;
  Layout& layout_;
  Diagnostics& diagnostics_;
  RunBuilder runs_;
  ChunkDecoder decoder_;
  Buffer records_;
  bool data_ended_ = false;
  std::set<std::uint16_t> inside_;  ///< channels with messages in the chunk read last
  std::optional<Untold> untold_;    ///< by the indexes only: the chunk met last
  std::optional<std::uint64_t> last_time_;
};

}  // namespace reelcell::readers::mcap
