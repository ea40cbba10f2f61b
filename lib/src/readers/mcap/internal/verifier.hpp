// The two halves of verify_mcap(): the data section, and the summary held against it.
#pragma once

#include <algorithm>
#include <map>
#include <set>

#include "codec/codec.hpp"
#include "layout.hpp"
#include "reelcell/base/compress.hpp"
#include "reelcell/model/finding.hpp"
#include "walker.hpp"

namespace reelcell::readers::mcap {

/// Findings of one file. A fault that repeats a million times is told kShown times, then counted.
class Report {
 public:
  Report(Findings& findings, std::string path) : findings_(findings), path_(std::move(path)) {}
  ~Report();
  Report(const Report&) = delete;
  Report& operator=(const Report&) = delete;
  void error(const char* code, std::uint64_t offset, const std::string& message) {
    add(FindingLevel::kError, code, offset, message);
  }
  void warning(const char* code, std::uint64_t offset, const std::string& message) {
    add(FindingLevel::kWarning, code, offset, message);
  }
  void note(const char* code, std::uint64_t offset, const std::string& message) {
    add(FindingLevel::kNote, code, offset, message);
  }
  void checked(const char* what, std::uint64_t count) { findings_.checked(what, count); }
  /// Error with `code` unless the two are equal: "WHAT is FOUND, expected EXPECTED".
  void expect(const char* code, std::uint64_t offset, const std::string& what, std::uint64_t found,
              std::uint64_t expected);

 private:
  static constexpr std::uint64_t kShown = 10;
  void add(FindingLevel level, const char* code, std::uint64_t offset, const std::string& message);
  Findings& findings_;
  std::string path_;
  std::map<std::pair<std::string, FindingLevel>, std::uint64_t> counts_;
};

/// CRC of a range, read in windows.
std::uint32_t crc_of(const ByteSource& source, std::uint64_t begin, std::uint64_t end);

/// What the data section held, for the summary to be compared with.
struct Observed {
  std::map<std::uint16_t, Schema> schemas;
  std::map<std::uint16_t, Channel> channels;
  Statistics statistics;
  std::map<std::uint64_t, ChunkIndex> chunks;  ///< by offset
  std::map<std::uint64_t, AttachmentIndex> attachments;
  std::map<std::uint64_t, MetadataIndex> metadata;
};

class DataVerifier {
 public:
  DataVerifier(const ByteSource& source, Report& report) : source_(source), report_(report) {}
  /// Throws InputError for a record that cannot be parsed.
  void record(const Record& record, std::uint32_t crc_before);
  /// After DataEnd.
  bool ended() const { return ended_; }
  void finish();
  const Observed& observed() const { return observed_; }

 private:
  using Entries = std::vector<std::pair<std::uint64_t, std::uint64_t>>;
  void schema(Schema schema, std::uint64_t offset);
  void channel(Channel channel, std::uint64_t offset);
  void message(const MessageView& message, std::uint64_t offset);
  void prepare_decoding(const Channel& channel, std::uint64_t offset);
  void decode(const MessageView& message, std::uint64_t offset);
  void chunk(const Record& record);
  void message_index(const Record& record);
  void attachment(const Record& record);
  void data_end(const Record& record, std::uint32_t crc_before);
  void finish_chunk();

  const ByteSource& source_;
  Report& report_;
  Observed observed_;
  ChunkDecoder decoder_;
  Buffer records_;
  bool header_ = false;
  bool ended_ = false;
  std::set<std::uint16_t> missing_schemas_;
  std::map<std::uint16_t, std::uint64_t> missing_channels_;
  std::map<std::uint16_t, std::unique_ptr<const Codec>> codecs_;  ///< null: cannot be decoded
  std::uint64_t decoded_ = 0;
  std::uint64_t crcs_ = 0;
  std::uint64_t without_crc_ = 0;
  std::uint64_t last_time_ = 0;
  std::uint64_t backwards_ = 0;
  std::uint64_t first_backwards_ = 0;
  // Of the chunk read last, until the records after its message indexes.
  ChunkIndex* chunk_ = nullptr;
  bool chunk_readable_ = false;
  std::map<std::uint16_t, Entries> contents_;
  std::set<std::uint16_t> indexed_;
};

class SummaryVerifier {
 public:
  SummaryVerifier(const ByteSource& source, Report& report) : source_(source), report_(report) {}
  void record(const Record& record);
  /// The last record: all comparisons are made here.
  void footer(const Record& record, const DataVerifier& data);

 private:
  struct Place {
    Opcode opcode;
    std::uint64_t offset, end;
  };
  template <class T>
  struct At {
    std::uint64_t offset;
    T value;
  };
  void compare_statistics(const Observed& observed);
  void compare_chunks(const Observed& observed);
  void compare_descriptions(const Observed& observed);
  void compare_others(const Observed& observed);
  void compare_offsets(const Footer& footer, std::uint64_t footer_offset);

  const ByteSource& source_;
  Report& report_;
  std::vector<Place> places_;
  std::vector<At<Schema>> schemas_;
  std::vector<At<Channel>> channels_;
  std::vector<At<Statistics>> statistics_;
  std::vector<At<ChunkIndex>> chunks_;
  std::vector<At<AttachmentIndex>> attachments_;
  std::vector<At<MetadataIndex>> metadata_;
  std::vector<At<SummaryOffset>> offsets_;
};

}  // namespace reelcell::readers::mcap
