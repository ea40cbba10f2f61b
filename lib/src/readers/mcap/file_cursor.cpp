#include <algorithm>
#include <utility>

#include "internal/cursor.hpp"
#include "reelcell/base/compress.hpp"

namespace reelcell::readers::mcap {
namespace {

/// CRC of the data section of a file without chunks: nothing else guards its messages. Fed in file
/// order; what lies between (attachments, indexed elsewhere) is read for it.
class DataCrc {
 public:
  DataCrc(const ByteSource& source, const Layout& layout) : source_(source) {
    if (layout.summary.chunks.empty()) expected_ = layout.data_crc;
  }
  void feed(std::uint64_t offset, ByteView bytes) {
    if (!expected_) return;
    catch_up(offset);
    crc_ = crc32(crc_, bytes);
    done_ = offset + bytes.size();
  }
  /// False when the CRC is known and differs. Once.
  bool finish(std::uint64_t data_end) {
    if (!expected_) return true;
    catch_up(data_end);
    const bool equal = done_ == data_end && crc_ == *expected_;
    expected_.reset();
    return equal;
  }

 private:
  void catch_up(std::uint64_t offset) {
    Buffer buffer;
    while (done_ < offset) {
      const ByteView bytes = source_.view(done_, std::min(offset - done_, Piece::kRunSize), buffer);
      if (bytes.empty()) return;
      crc_ = crc32(crc_, bytes);
      done_ += bytes.size();
    }
  }
  const ByteSource& source_;
  std::optional<std::uint32_t> expected_;
  std::uint32_t crc_ = 0;
  std::uint64_t done_ = 0;
};

class FileCursor final : public MessageCursor {
 public:
  FileCursor(CursorContext context, const MessageQuery& query)
      : context_(std::move(context)),
        wanted_(context_.layout.summary, query),
        crc_(context_.source, context_.layout) {}

  bool next(MessageView& message) override {
    while (true) {
      if (parser_.next(message)) return true;
      if (!advance()) return false;
    }
  }

 private:
  /// To the next records in memory; false at the end of the file.
  bool advance() {
    end_records();
    if (stretch_at_ < stretch_end_) return load_stretch();
    if (piece_ == context_.layout.pieces.size()) {
      check_crc();
      return false;
    }
    const Piece& piece = context_.layout.pieces[piece_++];
    if (!wanted_.piece(piece, context_.layout.summary)) return true;
    if (piece.kind == Piece::Kind::kUncharted) {
      stretch_at_ = piece.offset;
      stretch_end_ = piece.offset + piece.length;
      return true;
    }
    loaded_ = load_or_report(context_, piece, wanted_);
    if (loaded_) {
      parser_.start(loaded_->contents.records, ref_of(piece), wanted_);
      open_ = &piece;
    }
    return true;
  }

  /// A window of an uncharted stretch; what is cut at its end comes again with the next one.
  bool load_stretch() {
    const std::uint64_t left = stretch_end_ - stretch_at_;
    const ByteView bytes = context_.source.view(stretch_at_, std::min(left, window_size_), window_);
    parser_.start(bytes, {MessageRef::kNoChunk, stretch_at_}, wanted_);
    in_stretch_ = true;
    return true;
  }

  void end_records() {
    if (in_stretch_) end_window();
    if (open_) {
      report(context_, parser_.met(), loaded_->contents.state == ChunkState::kCut, open_->offset);
      open_ = nullptr;
      parser_ = {};
    }
    loaded_.reset();
  }

  void end_window() {
    in_stretch_ = false;
    const std::uint64_t walked = parser_.walked();
    report(context_, parser_.met(), true, stretch_at_);
    crc_.feed(stretch_at_, parser_.walked_bytes());
    const ByteView rest = parser_.rest();
    parser_ = {};
    stretch_at_ += walked;
    const std::uint64_t asked = std::exchange(window_size_, kWindow);
    if (stretch_at_ == stretch_end_) return;
    const std::uint64_t left = stretch_end_ - stretch_at_;
    const std::uint64_t length = rest.size() >= kRecordHead ? load_u64(rest.data() + 1) : 0;
    const bool whole_head =
        rest.size() >= kRecordHead && rest[0] != 0 && length <= left - kRecordHead;
    const bool message = whole_head && rest[0] == static_cast<std::uint8_t>(Opcode::kMessage);
    // A message that was asked for whole and did not come: the file shrank under us.
    const bool missing = message && walked == 0 && asked >= kRecordHead + length;
    if (message && !missing && length <= kLargestRecord) {
      window_size_ = std::max(kWindow, kRecordHead + length);
    } else if (whole_head && !message) {
      stretch_at_ += kRecordHead + length;  // an attachment, say: nothing to read in it
    } else if (walked == 0 || message || rest.size() >= kRecordHead) {
      context_.diagnostics.loss("mcap-garbage", context_.source.name(),
                                at_byte(stretch_at_) + " is no whole record, expected one up to " +
                                    at_byte(stretch_end_) + "; what lies between is left out");
      stretch_at_ = stretch_end_;
    }
  }

  void check_crc() {
    if (crc_.finish(context_.layout.data_end)) return;
    context_.diagnostics.loss("mcap-data-crc", context_.source.name(),
                              "the data section (to " + at_byte(context_.layout.data_end) +
                                  ") does not match its CRC; some of it is damaged");
  }

  static constexpr std::uint64_t kWindow = 512 * 1024;
  CursorContext context_;
  Wanted wanted_;
  MessageParser parser_;
  DataCrc crc_;
  std::size_t piece_ = 0;
  const Piece* open_ = nullptr;
  std::shared_ptr<const LoadedPiece> loaded_;
  bool in_stretch_ = false;
  std::uint64_t stretch_at_ = 0;
  std::uint64_t stretch_end_ = 0;
  std::uint64_t window_size_ = kWindow;
  Buffer window_;
};

}  // namespace

std::unique_ptr<MessageCursor> make_file_cursor(CursorContext context, const MessageQuery& query) {
  return std::make_unique<FileCursor>(std::move(context), query);
}

}  // namespace reelcell::readers::mcap
