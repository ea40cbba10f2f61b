#include "reelcell/base/json_shelf.hpp"

#include "reelcell/base/error.hpp"

namespace reelcell {

std::size_t JsonShelf::add(const Json& json) {
  if (!file_) file_ = std::make_unique<SpillFile>("samples");
  const std::vector<std::uint8_t> bytes = Json::to_cbor(json);
  begins_.push_back(file_->append(bytes.data(), bytes.size()));
  return begins_.size() - 1;
}

Json JsonShelf::at(std::size_t number) const {
  const std::uint64_t begin = begins_.at(number);
  const std::uint64_t end = number + 1 < begins_.size() ? begins_[number + 1] : file_->size();
  std::vector<std::uint8_t> bytes(end - begin);
  file_->read(begin, bytes.data(), bytes.size());
  try {
    return Json::from_cbor(bytes);
  } catch (const Json::exception& error) {
    throw OutputError(std::string("the temporary file of the samples was damaged: ") +
                      error.what());
  }
}

}  // namespace reelcell
