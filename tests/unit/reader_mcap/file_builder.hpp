// Builds MCAP files for tests, independently of the reader: straight from the specification.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "reelcell/base/compress.hpp"
#include "reelcell/base/file.hpp"

namespace reelcell::test {

inline void append(Bytes& to, const Bytes& more) { to.insert(to.end(), more.begin(), more.end()); }
inline Bytes operator+(Bytes a, const Bytes& b) {
  append(a, b);
  return a;
}

class McapBuilder {
 public:
  struct Message {
    std::uint16_t channel = 1;
    std::uint32_t sequence = 0;
    std::uint64_t log_time = 0;
    Bytes data;
    std::uint64_t end = 0;  ///< of its record in the file; of its chunk's record when in one
    friend bool operator==(const Message& a, const Message& b) {
      return a.channel == b.channel && a.sequence == b.sequence && a.log_time == b.log_time &&
             a.data == b.data;
    }
  };

  McapBuilder() {
    append(out_, {0x89, 'M', 'C', 'A', 'P', '0', '\r', '\n'});
    record(out_, 0x01, text("test") + text("builder"));
  }

  McapBuilder& schema(std::uint16_t id, const std::string& name, const std::string& encoding,
                      const std::string& data) {
    schemas_[id] = u16(id) + text(name) + text(encoding) + text(data);
    record(target(), 0x03, schemas_[id]);
    return *this;
  }
  /// Describe a channel (without a schema: 0), where the next record goes (chunk or file).
  McapBuilder& channel(std::uint16_t id, const std::string& topic, std::uint16_t schema = 0,
                       const std::string& encoding = "json") {
    const Bytes body = u16(id) + u16(schema) + text(topic) + text(encoding) + u32(0);
    record(target(), 0x04, body);
    channels_[id] = body;
    return *this;
  }
  McapBuilder& message(std::uint16_t channel, std::uint64_t log_time, Bytes data) {
    Message entry{channel, static_cast<std::uint32_t>(messages_.size()), log_time, std::move(data),
                  0};
    if (in_chunk_) index_[channel].emplace_back(log_time, chunk_.size());
    record(target(), 0x05,
           u16(channel) + u32(entry.sequence) + u64(log_time) + u64(log_time) + entry.data);
    entry.end = out_.size();
    messages_.push_back(std::move(entry));
    return *this;
  }
  McapBuilder& raw(std::uint8_t opcode, const Bytes& body) {
    record(target(), opcode, body);
    return *this;
  }
  McapBuilder& attachment(const std::string& name, const Bytes& data) {
    Bytes body = u64(1) + u64(2) + text(name) + text("x/y") + u64(data.size()) + data;
    record(out_, 0x09, body + u32(crc32(0, body)));
    return *this;
  }
  McapBuilder& begin_chunk() {
    in_chunk_ = true;
    chunk_first_ = messages_.size();
    return *this;
  }
  McapBuilder& end_chunk(const std::string& compression, bool message_index = true) {
    in_chunk_ = false;
    std::uint64_t start = messages_.size() > chunk_first_ ? ~0ull : 0;
    std::uint64_t end = 0;
    for (std::size_t i = chunk_first_; i < messages_.size(); ++i) {
      start = std::min(start, messages_[i].log_time);
      end = std::max(end, messages_[i].log_time);
    }
    const Bytes stored = compression == "zstd"  ? zstd_compress(chunk_)
                         : compression == "lz4" ? lz4_compress(chunk_)
                                                : chunk_;
    const std::uint64_t offset = out_.size();
    record(out_, 0x06,
           u64(start) + u64(end) + u64(chunk_.size()) + u32(crc32(0, chunk_)) + text(compression) +
               u64(stored.size()) + stored);
    const std::uint64_t after = out_.size();
    for (std::size_t i = chunk_first_; i < messages_.size(); ++i) messages_[i].end = after;
    Bytes offsets;
    for (const auto& [id, entries] : index_) {
      if (!message_index) break;
      Bytes list;
      for (const auto& [time, at] : entries) append(list, u64(time) + u64(at));
      append(offsets, u16(id) + u64(out_.size()));
      record(out_, 0x07, u16(id) + u32(static_cast<std::uint32_t>(list.size())) + list);
    }
    chunk_indexes_.push_back(u64(start) + u64(end) + u64(offset) + u64(after - offset) +
                             u32(static_cast<std::uint32_t>(offsets.size())) + offsets +
                             u64(out_.size() - after) + text(compression) + u64(stored.size()) +
                             u64(chunk_.size()));
    chunk_offsets_.push_back(offset);
    chunk_.clear();
    index_.clear();
    return *this;
  }
  /// DataEnd, summary (or none) and footer.
  Bytes finish(bool summary = true) {
    record(out_, 0x0F, u32(crc32(0, out_)));
    const std::uint64_t start = out_.size();
    if (summary) {
      for (const auto& [id, body] : schemas_) record(out_, 0x03, body);
      for (const auto& [id, body] : channels_) record(out_, 0x04, body);
      record(out_, 0x0B, statistics());
      for (const Bytes& index : chunk_indexes_) record(out_, 0x08, index);
    }
    Bytes footer = u64(summary ? start : 0) + u64(0);
    Bytes covered(out_.begin() + static_cast<std::ptrdiff_t>(start), out_.end());
    append(covered, Bytes{0x02} + u64(20) + footer);
    record(out_, 0x02, footer + u32(summary ? crc32(0, covered) : 0));
    append(out_, {0x89, 'M', 'C', 'A', 'P', '0', '\r', '\n'});
    return out_;
  }
  const std::vector<Message>& messages() const { return messages_; }
  const std::vector<std::uint64_t>& chunk_offsets() const { return chunk_offsets_; }
  const Bytes& so_far() const { return out_; }

  static Bytes u16(std::uint64_t value) { return number(value, 2); }
  static Bytes u32(std::uint64_t value) { return number(value, 4); }
  static Bytes u64(std::uint64_t value) { return number(value, 8); }
  static Bytes text(const std::string& value) {
    return number(value.size(), 4) + Bytes(value.begin(), value.end());
  }

 private:
  static Bytes number(std::uint64_t value, int size) {
    Bytes bytes;
    for (int i = 0; i < size; ++i) bytes.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
    return bytes;
  }
  static void record(Bytes& to, std::uint8_t opcode, const Bytes& body) {
    to.push_back(opcode);
    append(to, u64(body.size()));
    append(to, body);
  }
  Bytes& target() { return in_chunk_ ? chunk_ : out_; }
  Bytes statistics() const {
    std::map<std::uint16_t, std::uint64_t> counts;
    std::uint64_t start = messages_.empty() ? 0 : ~0ull;
    std::uint64_t end = 0;
    for (const Message& message : messages_) {
      ++counts[message.channel];
      start = std::min(start, message.log_time);
      end = std::max(end, message.log_time);
    }
    Bytes list;
    for (const auto& [id, count] : counts) append(list, u16(id) + u64(count));
    return u64(messages_.size()) + u16(schemas_.size()) + u32(channels_.size()) + u32(0) + u32(0) +
           u32(chunk_indexes_.size()) + u64(start) + u64(end) +
           u32(static_cast<std::uint32_t>(list.size())) + list;
  }

  Bytes out_, chunk_;
  bool in_chunk_ = false;
  std::size_t chunk_first_ = 0;
  std::vector<Message> messages_;
  std::map<std::uint16_t, Bytes> schemas_, channels_;
  std::map<std::uint16_t, std::vector<std::pair<std::uint64_t, std::uint64_t>>> index_;
  std::vector<Bytes> chunk_indexes_;
  std::vector<std::uint64_t> chunk_offsets_;
};

/// `count` messages of `size` bytes in chunks of `a_chunk` (0: no chunks), 10 ns apart, on channels
/// 1 and 2.
inline McapBuilder sample_mcap(const std::string& compression, int count, int a_chunk,
                               int size = 20) {
  McapBuilder builder;
  for (int i = 0; i < count; ++i) {
    if (a_chunk > 0 && i % a_chunk == 0) builder.begin_chunk();
    if (i == 0) builder.channel(1, "/a").channel(2, "/b");
    std::string json = "{\"v\":\"";  // in all `size` bytes
    for (int k = 8; k < size; ++k) json += static_cast<char>('a' + (i * 7 + k * k) % 23);
    json += "\"}";
    const Bytes data(json.begin(), json.end());
    builder.message(static_cast<std::uint16_t>(1 + i % 2),
                    1000 + static_cast<std::uint64_t>(i) * 10, data);
    if (a_chunk > 0 && (i % a_chunk == a_chunk - 1 || i == count - 1))
      builder.end_chunk(compression);
  }
  return builder;
}

}  // namespace reelcell::test
