// The MCAP container: what a file holds and its messages in file or log-time order. Message
// contents are left alone (codecs decode them). Format: https://mcap.dev/spec, version 0.
//
// Threads: a McapFile is immutable after open() and may be shared; each cursor belongs to one
// thread. Memory: a cursor in file order holds one decompressed chunk; in log-time order those
// whose times overlap.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "reelcell/base/diagnostics.hpp"
#include "reelcell/base/file.hpp"

namespace reelcell::readers::mcap {

using StringPairs = std::vector<std::pair<std::string, std::string>>;

struct Schema {
  std::uint16_t id = 0;  ///< never 0: that is "no schema" in a Channel
  std::string name;
  std::string encoding;
  Bytes data;
};

struct Channel {
  std::uint16_t id = 0;
  std::uint16_t schema_id = 0;  ///< 0: the messages have no schema
  std::string topic;
  std::string message_encoding;
  StringPairs metadata;
};

/// Where a message lies. Stable for a file; McapFile::read() takes it.
struct MessageRef {
  static constexpr std::uint64_t kNoChunk = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t chunk_offset = kNoChunk;  ///< of the Chunk record in the file, or kNoChunk
  std::uint64_t offset = 0;  ///< of the Message record in the chunk's records, or in the file
  friend auto operator<=>(const MessageRef&, const MessageRef&) = default;
};

struct MessageView {
  std::uint16_t channel_id = 0;
  std::uint32_t sequence = 0;
  std::uint64_t log_time = 0;  ///< ns
  std::uint64_t publish_time = 0;
  ByteView data;  ///< valid until the next call of the cursor
  MessageRef ref;
};

struct Statistics {
  std::uint64_t message_count = 0;
  std::uint16_t schema_count = 0;
  std::uint32_t channel_count = 0;
  std::uint32_t attachment_count = 0;
  std::uint32_t metadata_count = 0;
  std::uint32_t chunk_count = 0;
  std::uint64_t message_start_time = 0;
  std::uint64_t message_end_time = 0;
  std::map<std::uint16_t, std::uint64_t> channel_message_counts;
};

struct ChunkIndex {
  std::uint64_t message_start_time = 0;
  std::uint64_t message_end_time = 0;  ///< inclusive
  std::uint64_t chunk_start_offset = 0;
  std::uint64_t chunk_length = 0;  ///< with opcode and length
  std::vector<std::pair<std::uint16_t, std::uint64_t>> message_index_offsets;
  std::uint64_t message_index_length = 0;
  std::string compression;
  std::uint64_t compressed_size = 0;
  std::uint64_t uncompressed_size = 0;
};

struct AttachmentIndex {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  std::uint64_t log_time = 0;
  std::uint64_t create_time = 0;
  std::uint64_t data_size = 0;
  std::string name;
  std::string media_type;
};

struct MetadataIndex {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  std::string name;
};

/// What the file holds.
struct Summary {
  std::string profile;
  std::string library;
  std::map<std::uint16_t, Schema> schemas;
  std::map<std::uint16_t, Channel> channels;
  std::optional<Statistics> statistics;  ///< always there after a scan
  std::vector<ChunkIndex> chunks;        ///< in file order
  std::vector<AttachmentIndex> attachments;
  std::vector<MetadataIndex> metadata;
  std::optional<std::uint64_t> start_time,
      end_time;  ///< log times, end inclusive; none without messages
  /// First and last log time of each channel; only a scan knows them without further reading.
  std::map<std::uint16_t, std::pair<std::uint64_t, std::uint64_t>> channel_times;
  bool from_summary =
      false;               ///< false: gathered by scanning (no summary, or one that is not usable)
  bool truncated = false;  ///< the file ends before its footer
};

/// How much of a file without a summary is read.
enum class Depth {
  kAll,
  kIndexes,  ///< of a large one only what lies between its chunks: counts and times are those of
             ///< its message indexes, and damage inside the chunks is not seen
};

enum class Order { kFile, kLogTime };

struct MessageQuery {
  static constexpr std::uint64_t kNoEnd = std::numeric_limits<std::uint64_t>::max();
  std::vector<std::uint16_t> channels = {};  ///< empty: all
  std::uint64_t start = 0;                   ///< log time, half-open
  std::uint64_t end = kNoEnd;
  Order order = Order::kFile;
};

/// Messages one after the other. Chunks that are damaged are skipped and reported as loss.
class MessageCursor {
 public:
  virtual ~MessageCursor() = default;
  /// False at the end.
  virtual bool next(MessageView& message) = 0;
};

class McapFile : public std::enable_shared_from_this<McapFile> {
 public:
  /// Throws InputError for what is no MCAP file; a cut or damaged one opens with loss in
  /// `diagnostics`.
  static std::shared_ptr<const McapFile> open(const fs::path& path, Diagnostics& diagnostics,
                                              Depth depth = Depth::kAll);
  /// The same for bytes in memory; `name` is used in messages.
  static std::shared_ptr<const McapFile> open_bytes(std::string name, Bytes bytes,
                                                    Diagnostics& diagnostics);
  ~McapFile();

  const Summary& summary() const;
  const std::string& name() const;  ///< path as given
  std::uint64_t size() const;       ///< bytes
  /// `diagnostics` must outlive the cursor. Equal log times come in file order.
  std::unique_ptr<MessageCursor> messages(const MessageQuery& query,
                                          Diagnostics& diagnostics) const;
  /// First and last log time of these channels' messages, from the indexes behind the first and the
  /// last chunks; nullopt without messages, or when only reading all messages would tell.
  std::optional<std::pair<std::uint64_t, std::uint64_t>> log_times(
      const std::vector<std::uint16_t>& channels) const;
  /// Log times of all messages of these channels, in order, from the indexes behind the chunks;
  /// nullopt where messages lie outside of them. Memory: 8 bytes a message of the file.
  std::optional<std::vector<std::uint64_t>> indexed_times(
      const std::vector<std::uint16_t>& channels) const;
  /// The data of one message; chunks used last stay decompressed in a small cache. Throws
  /// InputError.
  Bytes read(const MessageRef& ref) const;
  /// Contents of an attachment, CRC checked, and of a metadata record. Throw InputError.
  Bytes attachment(const AttachmentIndex& index) const;
  StringPairs metadata(const MetadataIndex& index) const;

 private:
  struct State;
  explicit McapFile(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace reelcell::readers::mcap
