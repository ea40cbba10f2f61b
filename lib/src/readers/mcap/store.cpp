#include "internal/store.hpp"

#include <algorithm>

#include "internal/walker.hpp"

namespace reelcell::readers::mcap {

const PieceIndex& LoadedPiece::index() const {
  std::call_once(indexing_, [&] {
    std::uint16_t last = 0;
    std::vector<Entry>* entries =
        nullptr;  // of `last`: messages of a channel often follow each other
    index_.walked =
        walk_records(contents.records, [&](Opcode opcode, std::uint64_t offset, ByteView body) {
          if (opcode != Opcode::kMessage) return;
          if (body.size() < kMessageHead) {
            ++index_.too_short;
            return;
          }
          const std::uint16_t channel = load_u16(body.data());
          if (!entries || channel != last) entries = &index_.channels[channel];
          last = channel;
          entries->push_back({load_u64(body.data() + 6), offset});
        });
    for (auto& [channel, list] : index_.channels)
      if (!std::is_sorted(list.begin(), list.end())) std::sort(list.begin(), list.end());
  });
  return index_;
}

std::shared_ptr<const LoadedPiece> PieceStore::find(std::uint64_t offset) {
  const std::lock_guard lock(mutex_);
  const auto known = live_.find(offset);
  return known == live_.end() ? nullptr : known->second.lock();
}

void PieceStore::keep(std::uint64_t offset, std::shared_ptr<const LoadedPiece> piece) {
  // Dropped after the lock is gone: a piece's end takes the lock of the spares.
  std::vector<std::shared_ptr<const LoadedPiece>> dropped;
  const std::lock_guard lock(mutex_);
  std::erase_if(live_, [](const auto& entry) { return entry.second.expired(); });
  live_[offset] = piece;
  const bool alone = users_.use_count() <= 2;  // this and one user
  if (!alone) {
    recent_bytes_ += piece->contents.records.size();
    recent_.emplace_back(offset, std::move(piece));
  }
  while (!recent_.empty() && (alone || (recent_.size() > 2 && recent_bytes_ > kKept))) {
    recent_bytes_ -= recent_.front().second->contents.records.size();
    dropped.push_back(std::move(recent_.front().second));
    recent_.pop_front();
  }
}

void PieceStore::fill(const Piece& piece, LoadedPiece& loaded) {
  loaded.contents = {};
  if (piece.kind != Piece::Kind::kChunk) {
    loaded.contents.records = source_.view(piece.offset, piece.length, loaded.buffer);
    loaded.contents.state = ChunkState::kWhole;
    return;
  }
  std::unique_ptr<ChunkDecoder> decoder;
  Buffer raw;
  {
    const std::lock_guard lock(spares_->mutex);
    if (!spares_->decoders.empty()) {
      decoder = std::move(spares_->decoders.back());
      spares_->decoders.pop_back();
    }
    if (!spares_->raw.empty()) {
      raw = std::move(spares_->raw.back());
      spares_->raw.pop_back();
    }
  }
  if (!decoder) decoder = std::make_unique<ChunkDecoder>();
  const ByteView record = source_.view(piece.offset, piece.length, raw);
  if (record.size() < kRecordHead || record[0] != static_cast<std::uint8_t>(Opcode::kChunk)) {
    loaded.contents.problem = "no Chunk record is there";
  } else {
    loaded.contents =
        decoder->decode(record.subspan(kRecordHead), load_u64(record.data() + 1), loaded.buffer);
    // Stored records lie in `raw`: it becomes the piece's own.
    if (loaded.contents.head.compression.empty()) std::swap(raw, loaded.buffer);
  }
  const std::lock_guard lock(spares_->mutex);
  spares_->decoders.push_back(std::move(decoder));
  spares_->raw.push_back(std::move(raw));
}

std::shared_ptr<const LoadedPiece> PieceStore::load(const Piece& piece) {
  if (auto known = find(piece.offset)) return known;
  auto loaded = std::make_unique<LoadedPiece>();
  {
    const std::lock_guard lock(spares_->mutex);
    if (!spares_->records.empty()) {
      loaded->buffer = std::move(spares_->records.back());
      spares_->records.pop_back();
    }
  }
  fill(piece, *loaded);
  const auto give_back = [spares = spares_](LoadedPiece* done) {
    const std::unique_ptr<LoadedPiece> owned(done);
    const std::lock_guard lock(spares->mutex);
    if (spares->records.size() < kSpare) spares->records.push_back(std::move(owned->buffer));
  };
  std::shared_ptr<const LoadedPiece> shared(loaded.release(), give_back);
  keep(piece.offset, shared);
  return shared;
}

}  // namespace reelcell::readers::mcap
