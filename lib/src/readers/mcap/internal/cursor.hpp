// The two cursors, and what they share: which messages are wanted, and reading them out of records.
#pragma once

#include <functional>

#include "store.hpp"

namespace reelcell::readers::mcap {

/// Which channels and times a query wants, in a form that costs one look-up a message.
class Wanted {
 public:
  Wanted(const Summary& summary, const MessageQuery& query);
  enum class Answer : std::uint8_t { kUnknownChannel, kNo, kYes };
  Answer channel(std::uint16_t id) const { return channels_[id]; }
  bool all_channels() const { return all_channels_; }
  bool time(std::uint64_t log_time) const { return log_time >= start_ && log_time <= last_; }
  /// Whether a piece can hold anything that is wanted.
  bool piece(const Piece& piece, const Summary& summary) const;

 private:
  std::vector<Answer> channels_;
  bool all_channels_;
  bool nothing_;
  std::uint64_t start_;
  std::uint64_t last_;
};

/// What was met besides messages that are wanted.
struct Oddities {
  std::uint64_t unknown_channel = 0;  ///< messages
  std::uint16_t last_unknown = 0;
  std::uint64_t too_short = 0;
  std::uint64_t walked = 0;  ///< bytes, of
  std::uint64_t size = 0;
};

/// Walks the messages of records in memory, in file order.
class MessageParser {
 public:
  /// `ref` is the place of records[0].
  void start(ByteView records, MessageRef ref, const Wanted& wanted) {
    at_ = begin_ = records.data();
    end_ = at_ + records.size();
    ref_ = ref;
    wanted_ = &wanted;
  }
  /// False at the end, or where no whole record follows: see left().
  bool next(MessageView& message) {
    while (static_cast<std::uint64_t>(end_ - at_) >= kRecordHead) {
      const std::uint8_t* record = at_;
      const std::uint64_t length = load_u64(record + 1);
      if (length > static_cast<std::uint64_t>(end_ - record) - kRecordHead || *record == 0)
        return false;
      at_ = record + kRecordHead + length;
      if (*record != static_cast<std::uint8_t>(Opcode::kMessage)) continue;
      if (take(record, length, message)) return true;
    }
    return false;
  }
  /// Bytes that were not walked over: 0 after records that end with a whole one.
  std::uint64_t left() const { return static_cast<std::uint64_t>(end_ - at_); }
  ByteView rest() const { return {at_, end_}; }
  ByteView walked_bytes() const { return {begin_, at_}; }
  std::uint64_t walked() const { return static_cast<std::uint64_t>(at_ - begin_); }
  Oddities met() const {
    Oddities met = met_;
    met.walked = walked();
    met.size = walked() + left();
    return met;
  }

 private:
  bool take(const std::uint8_t* record, std::uint64_t length, MessageView& message) {
    if (length < kMessageHead) {
      ++met_.too_short;
      return false;
    }
    const std::uint8_t* body = record + kRecordHead;
    const std::uint16_t channel = load_u16(body);
    const Wanted::Answer answer = wanted_->channel(channel);
    if (answer != Wanted::Answer::kYes) {
      if (answer == Wanted::Answer::kUnknownChannel) {
        ++met_.unknown_channel;
        met_.last_unknown = channel;
      }
      return false;
    }
    const std::uint64_t log_time = load_u64(body + 6);
    if (!wanted_->time(log_time)) return false;
    message.channel_id = channel;
    message.sequence = load_u32(body + 2);
    message.log_time = log_time;
    message.publish_time = load_u64(body + 14);
    message.data = {body + kMessageHead, length - kMessageHead};
    message.ref = {ref_.chunk_offset, ref_.offset + static_cast<std::uint64_t>(record - begin_)};
    return true;
  }

  const std::uint8_t* begin_ = nullptr;
  const std::uint8_t* at_ = nullptr;
  const std::uint8_t* end_ = nullptr;
  MessageRef ref_;
  const Wanted* wanted_ = nullptr;
  Oddities met_;
};

/// What a cursor needs of its file.
struct CursorContext {
  std::shared_ptr<const McapFile> file;  ///< keeps the rest alive
  const ByteSource& source;
  const Layout& layout;
  PieceStore& store;
  PieceStore::User user;
  Diagnostics& diagnostics;
};

/// Loads a piece, or reports why not and gives nullptr. Loss is counted in wanted messages where
/// the chunk's message index tells them.
std::shared_ptr<const LoadedPiece> load_or_report(const CursorContext& context, const Piece& piece,
                                                  const Wanted& wanted);
/// Reports them for the piece at `offset`, unless opening the file did: a scan saw all of it.
void report(const CursorContext& context, const Oddities& met, bool cut, std::uint64_t offset);

/// Place of a piece's first record.
inline MessageRef ref_of(const Piece& piece) {
  if (piece.kind == Piece::Kind::kChunk) return {piece.offset, 0};
  return {MessageRef::kNoChunk, piece.offset};
}

std::unique_ptr<MessageCursor> make_file_cursor(CursorContext context, const MessageQuery& query);
/// `pieces` are chunks and runs only.
std::unique_ptr<MessageCursor> make_time_cursor(CursorContext context, const MessageQuery& query,
                                                std::vector<Piece> pieces);

}  // namespace reelcell::readers::mcap
