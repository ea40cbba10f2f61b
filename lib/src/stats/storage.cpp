#include "internal/storage.hpp"

#include "reelcell/base/error.hpp"

namespace reelcell::stats {

namespace {
bool exact_as_float(std::span<const double> values) {
  bool exact = true;
  for (const double value : values)
    exact &= static_cast<double>(static_cast<float>(value)) == value;
  return exact;
}
}  // namespace

void ValueStore::append(std::span<const double> values, MemoryBudget& budget) {
  const bool is_float = exact_as_float(values);
  all_float_ &= is_float;
  size_ += values.size();
  Block& block = open_block(!is_float, budget);
  if (block.is_double) {
    block.doubles.insert(block.doubles.end(), values.begin(), values.end());
    budget.used += values.size() * sizeof(double);
  } else {
    const std::size_t before = block.floats.size();
    block.floats.resize(before + values.size());
    for (std::size_t i = 0; i < values.size(); ++i)
      block.floats[before + i] = static_cast<float>(values[i]);
    budget.used += values.size() * sizeof(float);
  }
  block.count += values.size();
}

ValueStore::Block& ValueStore::open_block(bool is_double, MemoryBudget& budget) {
  const bool fresh = blocks_.empty() || blocks_.back().spilled ||
                     blocks_.back().is_double != is_double || blocks_.back().count >= kBlock;
  if (!fresh) return blocks_.back();
  if (budget.used >= budget.limit) spill(budget);
  blocks_.emplace_back();
  blocks_.back().is_double = is_double;
  if (size_ > kBlock) {  // a long one: no need to grow step by step
    if (is_double)
      blocks_.back().doubles.reserve(kBlock);
    else
      blocks_.back().floats.reserve(kBlock);
  }
  return blocks_.back();
}

void ValueStore::spill(MemoryBudget& budget) {
  if (!budget.file) budget.file = std::make_unique<SpillFile>("statistics");
  for (Block& block : blocks_) {
    if (block.spilled) continue;
    const std::size_t size = block.count * (block.is_double ? sizeof(double) : sizeof(float));
    block.offset = budget.file->append(
        block.is_double ? static_cast<const void*>(block.doubles.data()) : block.floats.data(),
        size);
    block.spilled = true;
    // Not "= {}": that assigns an empty list and keeps the memory.
    block.floats = std::vector<float>();
    block.doubles = std::vector<double>();
    budget.used -= size;
  }
}

}  // namespace reelcell::stats
