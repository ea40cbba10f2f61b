// Many values of one element, in blocks, in memory or in a file.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "reelcell/base/spill_file.hpp"
#include "reelcell/stats/stats.hpp"

namespace reelcell::stats {

/// Who asks for room beyond the limit takes what it holds itself to the file: with many stores
/// that grow alike each then holds about the same. Thread-safe.
class ValueRoom {
 public:
  explicit ValueRoom(std::uint64_t limit) : limit_(limit) {}
  /// Takes room for `bytes` more; false: what the caller holds is to be spilled first.
  bool take(std::uint64_t bytes, bool may_pass_limit);
  void give_back(std::uint64_t bytes);
  std::uint64_t spill(const void* data, std::size_t size);  ///< where it begins
  void read(std::uint64_t offset, void* data, std::size_t size) const;

 private:
  mutable std::mutex mutex_;
  std::uint64_t limit_;
  std::uint64_t used_ = 0;
  std::unique_ptr<SpillFile> file_;  ///< made when first needed
};

/// Values in order, each block as float32 when that loses nothing.
class ValueStore {
 public:
  static constexpr std::size_t kBlock = 1 << 14;  ///< values a block in memory, about

  explicit ValueStore(std::shared_ptr<ValueRoom> room) : room_(std::move(room)) {}
  ~ValueStore();
  ValueStore(ValueStore&& other) noexcept;
  ValueStore& operator=(ValueStore&&) = delete;

  void append(std::span<const double> values);
  std::uint64_t size() const { return size_; }
  bool all_float() const { return all_float_; }

  /// Calls visit(span<const float>) or visit(span<const double>) for every block, in order.
  template <class Visit>
  void each(const Visit& visit) const {
    std::vector<float> floats;
    std::vector<double> doubles;
    for (const Spilled& block : spilled_) {
      if (block.is_double)
        visit(read_back(block, doubles));
      else
        visit(read_back(block, floats));
    }
    for (const Block& block : held_) {
      if (block.is_double)
        visit(std::span<const double>(block.doubles));
      else
        visit(std::span<const float>(block.floats));
    }
  }

 private:
  struct Block {
    bool is_double = false;
    std::vector<float> floats;
    std::vector<double> doubles;
    std::size_t count() const { return floats.size() + doubles.size(); }
  };
  struct Spilled {
    std::uint64_t offset = 0;
    std::uint32_t count = 0;
    bool is_double = false;
  };
  template <class T>
  std::span<const T> read_back(const Spilled& block, std::vector<T>& scratch) const {
    scratch.resize(block.count);
    room_->read(block.offset, scratch.data(), block.count * sizeof(T));
    return scratch;
  }
  Block& open_block(bool is_double, std::size_t count);
  void spill();

  std::shared_ptr<ValueRoom> room_;
  std::vector<Spilled> spilled_;
  std::vector<Block> held_;  ///< behind what is spilled
  std::uint64_t held_bytes_ = 0;
  std::uint64_t size_ = 0;
  bool all_float_ = true;
};

}  // namespace reelcell::stats
