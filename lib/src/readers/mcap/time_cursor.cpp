// Log-time order: a merge of the pieces whose times overlap. A piece is loaded when the merge comes
// to its start time and let go after its last message.
#include <algorithm>

#include "internal/cursor.hpp"

namespace reelcell::readers::mcap {
namespace {

struct Active {
  const Piece* piece = nullptr;
  std::shared_ptr<const LoadedPiece> loaded;
  std::vector<Entry> entries;
  std::size_t at = 0;
  std::uint64_t time() const { return entries[at].log_time; }
};

/// Whether `a` comes after `b`: by time, then by place in the file.
bool later(const Active& a, const Active& b) {
  if (a.time() != b.time()) return a.time() > b.time();
  return a.piece->offset > b.piece->offset;
}

class TimeCursor final : public MessageCursor {
 public:
  TimeCursor(CursorContext context, const MessageQuery& query, std::vector<Piece> pieces)
      : context_(std::move(context)),
        wanted_(context_.layout.summary, query),
        pieces_(std::move(pieces)) {
    std::erase_if(pieces_, [&](const Piece& piece) {
      return !wanted_.piece(piece, context_.layout.summary);
    });
    std::sort(pieces_.begin(), pieces_.end(), [](const Piece& a, const Piece& b) {
      return a.start_time != b.start_time ? a.start_time < b.start_time : a.offset < b.offset;
    });
  }

  bool next(MessageView& message) override {
    if (current_ && ++current_->at == current_->entries.size()) retire();
    if (current_ && !heap_.empty() && later(*current_, *heap_.front())) push(std::move(current_));
    while (piece_ < pieces_.size() && next_piece_is_due()) load(pieces_[piece_++]);
    if (!current_ && !pop()) return false;
    show(message);
    return true;
  }

 private:
  static bool heap_order(const std::unique_ptr<Active>& a, const std::unique_ptr<Active>& b) {
    return later(*a, *b);
  }
  void push(std::unique_ptr<Active> active) {
    heap_.push_back(std::move(active));
    std::push_heap(heap_.begin(), heap_.end(), heap_order);
  }
  bool pop() {
    if (heap_.empty()) return false;
    std::pop_heap(heap_.begin(), heap_.end(), heap_order);
    current_ = std::move(heap_.back());
    heap_.pop_back();
    return true;
  }
  void retire() {
    spare_ = std::move(current_);
    spare_->loaded.reset();
  }

  /// Whether the next piece may hold something that comes before the earliest message at hand.
  bool next_piece_is_due() {
    if (!current_ && !pop()) return true;
    const Piece& piece = pieces_[piece_];
    return piece.start_time != current_->time() ? piece.start_time < current_->time()
                                                : piece.offset < current_->piece->offset;
  }

  void load(const Piece& piece) {
    auto loaded = load_or_report(context_, piece, wanted_);
    if (!loaded) return;
    std::unique_ptr<Active> active = spare_ ? std::move(spare_) : std::make_unique<Active>();
    active->piece = &piece;
    active->at = 0;
    active->entries.clear();
    if (wanted_.all_channels())
      walk(piece, *loaded, active->entries);
    else
      look_up(piece, *loaded, active->entries);
    if (active->entries.empty()) {
      spare_ = std::move(active);
      return;
    }
    if (!std::is_sorted(active->entries.begin(), active->entries.end()))
      std::sort(active->entries.begin(), active->entries.end());
    if (active->time() < piece.start_time)
      context_.diagnostics.warn(
          "mcap-chunk-times", context_.source.name(),
          "chunk at " + at_byte(piece.offset) +
              " has messages before the start time that its index gives; they "
              "may come late in log-time order");
    active->loaded = std::move(loaded);
    if (current_) push(std::move(current_));
    push(std::move(active));
    pop();
  }

  void walk(const Piece& piece, const LoadedPiece& loaded, std::vector<Entry>& entries) {
    MessageParser parser;
    parser.start(loaded.contents.records, {MessageRef::kNoChunk, 0}, wanted_);
    MessageView message;
    while (parser.next(message)) entries.push_back({message.log_time, message.ref.offset});
    report(context_, parser.met(), loaded.contents.state == ChunkState::kCut, piece.offset);
  }

  /// Of some channels only: the index of the piece is made once for all cursors.
  void look_up(const Piece& piece, const LoadedPiece& loaded, std::vector<Entry>& entries) {
    const PieceIndex& index = loaded.index();
    for (const auto& [channel, list] : index.channels) {
      if (wanted_.channel(channel) != Wanted::Answer::kYes) continue;
      for (const Entry& entry : list)
        if (wanted_.time(entry.log_time)) entries.push_back(entry);
    }
    Oddities met;
    met.too_short = index.too_short;
    met.walked = index.walked;
    met.size = loaded.contents.records.size();
    report(context_, met, loaded.contents.state == ChunkState::kCut, piece.offset);
  }

  void show(MessageView& message) const {
    const std::uint64_t offset = current_->entries[current_->at].offset;
    const std::uint8_t* record = current_->loaded->contents.records.data() + offset;
    const std::uint8_t* body = record + kRecordHead;
    message.channel_id = load_u16(body);
    message.sequence = load_u32(body + 2);
    message.log_time = load_u64(body + 6);
    message.publish_time = load_u64(body + 14);
    message.data = {body + kMessageHead, load_u64(record + 1) - kMessageHead};
    message.ref = ref_of(*current_->piece);
    message.ref.offset += offset;
  }

  CursorContext context_;
  Wanted wanted_;
  std::vector<Piece> pieces_;  ///< wanted ones, by start time
  std::size_t piece_ = 0;
  std::unique_ptr<Active> current_;  ///< earliest; its entry `at` was given last
  std::vector<std::unique_ptr<Active>> heap_;
  std::unique_ptr<Active> spare_;
};

}  // namespace

std::unique_ptr<MessageCursor> make_time_cursor(CursorContext context, const MessageQuery& query,
                                                std::vector<Piece> pieces) {
  return std::make_unique<TimeCursor>(std::move(context), query, std::move(pieces));
}

}  // namespace reelcell::readers::mcap
