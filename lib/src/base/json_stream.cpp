#include "reelcell/base/json_stream.hpp"

#include "reelcell/base/error.hpp"

namespace reelcell {
namespace {

std::string text_of(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

void JsonStream::before_item() {
  if (after_key_ || levels_.empty()) {
    after_key_ = false;
    return;
  }
  write_(levels_.back().any ? ",\n" : "\n");
  write_(std::string(2 * levels_.size(), ' '));
  levels_.back().any = true;
}

void JsonStream::begin(char open, char close) {
  before_item();
  write_(std::string_view(&open, 1));
  levels_.push_back({close});
}

void JsonStream::key(std::string_view name) {
  before_item();
  write_(text_of(Json(name)) + ": ");
  after_key_ = true;
}

void JsonStream::value(const Json& json) {
  before_item();
  // A line end is never inside a string, so every one of them wants the indent.
  const std::string text = text_of(json), indent(2 * levels_.size(), ' ');
  std::size_t from = 0;
  for (std::size_t at = text.find('\n'); at != std::string::npos; at = text.find('\n', from)) {
    write_(std::string_view(text).substr(from, at + 1 - from));
    write_(indent);
    from = at + 1;
  }
  write_(std::string_view(text).substr(from));
}

void JsonStream::members(const Json& object) {
  for (const auto& [name, json] : object.items()) member(name, json);
}

void JsonStream::end() {
  const Level level = levels_.back();
  levels_.pop_back();
  if (level.any) {
    write_("\n");
    write_(std::string(2 * levels_.size(), ' '));
  }
  write_(std::string_view(&level.close, 1));
  if (levels_.empty()) write_("\n");
}

void JsonSpool::add(const Json& json) {
  if (!file_) file_ = std::make_unique<SpillFile>("samples");
  const std::vector<std::uint8_t> bytes = Json::to_cbor(json);
  const std::uint64_t size = bytes.size();
  file_->append(&size, sizeof size);
  file_->append(bytes.data(), bytes.size());
  ++count_;
}

void JsonSpool::for_each(const std::function<void(Json&&, std::uint64_t)>& take) const {
  std::vector<std::uint8_t> bytes;
  std::uint64_t at = 0;
  for (std::uint64_t i = 0; i < count_; ++i) {
    std::uint64_t size = 0;
    file_->read(at, &size, sizeof size);
    bytes.resize(size);
    file_->read(at + sizeof size, bytes.data(), bytes.size());
    at += sizeof size + size;
    Json json;
    try {
      json = Json::from_cbor(bytes);
    } catch (const Json::exception& error) {
      throw OutputError(std::string("the temporary file of the samples was damaged: ") +
                        error.what());
    }
    take(std::move(json), size);
  }
}

}  // namespace reelcell
