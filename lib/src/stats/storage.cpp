#include "internal/storage.hpp"

#include <utility>

namespace reelcell::stats {

namespace {
bool exact_as_float(std::span<const double> values) {
  bool exact = true;
  for (const double value : values)
    exact &= static_cast<double>(static_cast<float>(value)) == value;
  return exact;
}

struct SharedRoom {
  std::mutex mutex;
  std::uint64_t limit = kMostSharedRoom;
  std::weak_ptr<ValueRoom> room;
};
SharedRoom& the_shared_room() {
  static SharedRoom shared;
  return shared;
}
}  // namespace

std::shared_ptr<ValueRoom> shared_room() {
  SharedRoom& shared = the_shared_room();
  const std::lock_guard lock(shared.mutex);
  std::shared_ptr<ValueRoom> room = shared.room.lock();
  if (!room) shared.room = room = std::make_shared<ValueRoom>(shared.limit);
  return room;
}

void limit_shared_room(std::uint64_t bytes) {
  SharedRoom& shared = the_shared_room();
  const std::lock_guard lock(shared.mutex);
  shared.limit = bytes;
  shared.room.reset();
}

bool ValueRoom::take(std::uint64_t bytes, bool may_pass_limit) {
  const std::lock_guard lock(mutex_);
  if (used_ + bytes > limit_ && !may_pass_limit) return false;
  used_ += bytes;
  return true;
}

void ValueRoom::give_back(std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  used_ -= bytes;
}

std::uint64_t ValueRoom::spill(const void* data, std::size_t size) {
  const std::lock_guard lock(mutex_);
  if (!file_) file_ = std::make_unique<SpillFile>("statistics");
  return file_->append(data, size);
}

void ValueRoom::read(std::uint64_t offset, void* data, std::size_t size) const {
  const std::lock_guard lock(mutex_);
  file_->read(offset, data, size);
}

ValueStore::~ValueStore() {
  if (room_) room_->give_back(held_bytes_);
}
ValueStore::ValueStore(ValueStore&& other) noexcept
    : room_(std::exchange(other.room_, nullptr)),
      spilled_(std::move(other.spilled_)),
      held_(std::move(other.held_)),
      held_bytes_(std::exchange(other.held_bytes_, 0)),
      size_(other.size_),
      all_float_(other.all_float_) {}

void ValueStore::append(std::span<const double> values) {
  const bool is_float = exact_as_float(values);
  const std::uint64_t bytes = values.size() * (is_float ? sizeof(float) : sizeof(double));
  if (!room_->take(bytes, held_.empty())) {
    spill();
    room_->take(bytes, true);
  }
  held_bytes_ += bytes;
  all_float_ &= is_float;
  size_ += values.size();
  Block& block = open_block(!is_float, values.size());
  if (block.is_double) {
    block.doubles.insert(block.doubles.end(), values.begin(), values.end());
    return;
  }
  const std::size_t before = block.floats.size();
  block.floats.resize(before + values.size());
  for (std::size_t i = 0; i < values.size(); ++i)
    block.floats[before + i] = static_cast<float>(values[i]);
}

ValueStore::Block& ValueStore::open_block(bool is_double, std::size_t count) {
  const bool fresh =
      held_.empty() || held_.back().is_double != is_double || held_.back().count() + count > kBlock;
  if (!fresh) return held_.back();
  held_.emplace_back().is_double = is_double;
  return held_.back();
}

void ValueStore::spill() {
  for (const Block& block : held_) {
    const std::size_t size = block.count() * (block.is_double ? sizeof(double) : sizeof(float));
    const void* const data =
        block.is_double ? static_cast<const void*>(block.doubles.data()) : block.floats.data();
    spilled_.push_back(
        {room_->spill(data, size), static_cast<std::uint32_t>(block.count()), block.is_double});
  }
  held_ = std::vector<Block>();  // not "{}", which would assign an empty list and keep the memory
  room_->give_back(std::exchange(held_bytes_, 0));
}

}  // namespace reelcell::stats
