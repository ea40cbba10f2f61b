// Many values of one element, in blocks, in memory or in a file.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "reelcell/base/spill_file.hpp"

namespace reelcell::stats {

/// What the elements of one feature share.
struct MemoryBudget {
  std::uint64_t limit = 0;
  std::uint64_t used = 0;
  std::unique_ptr<SpillFile> file;
};

/// Values in order, each block as float32 when that loses nothing.
class ValueStore {
 public:
  static constexpr std::size_t kBlock = 1 << 16;  ///< values a block

  void append(std::span<const double> values, MemoryBudget& budget);
  std::uint64_t size() const { return size_; }
  bool all_float() const { return all_float_; }

  /// Calls visit(span<const float>) or visit(span<const double>) for every block, in order.
  template <class Visit>
  void each(const MemoryBudget& budget, const Visit& visit) const {
    std::vector<float> floats;
    std::vector<double> doubles;
    for (const Block& block : blocks_) {
      if (block.is_double)
        visit(span_of(block, block.doubles, doubles, budget));
      else
        visit(span_of(block, block.floats, floats, budget));
    }
  }

 private:
  struct Block {
    bool is_double = false;
    bool spilled = false;
    std::uint64_t offset = 0;
    std::size_t count = 0;
    std::vector<float> floats;
    std::vector<double> doubles;
  };
  template <class T>
  static std::span<const T> span_of(const Block& block, const std::vector<T>& held,
                                    std::vector<T>& scratch, const MemoryBudget& budget) {
    if (!block.spilled) return held;
    scratch.resize(block.count);
    budget.file->read(block.offset, scratch.data(), block.count * sizeof(T));
    return scratch;
  }
  Block& open_block(bool is_double, MemoryBudget& budget);
  void spill(MemoryBudget& budget);

  std::vector<Block> blocks_;
  std::uint64_t size_ = 0;
  bool all_float_ = true;
};

}  // namespace reelcell::stats
