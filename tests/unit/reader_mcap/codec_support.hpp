// Messages and files for the codec tests, built byte by byte from the formats' own descriptions and
// sharing nothing with the decoders.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "../../../lib/src/readers/mcap/internal/recording.hpp"
#include "reelcell/base/error.hpp"

namespace reelcell::test::codec {

/// Serializes as CDR (aligned behind the header) or as ROS 1 (packed).
class Writer {
 public:
  enum class Kind { kLittle, kBig, kRos1 };
  explicit Writer(Kind kind = Kind::kLittle) : kind_(kind) {
    if (kind_ != Kind::kRos1) bytes_ = {0, static_cast<std::uint8_t>(kind_ == Kind::kLittle), 0, 0};
  }
  template <class T>
  Writer& put(T value) {
    if (kind_ != Kind::kRos1)
      while ((bytes_.size() - 4) % sizeof(T)) bytes_.push_back(0);
    std::uint8_t raw[sizeof(T)];
    std::memcpy(raw, &value, sizeof(T));
    if (kind_ == Kind::kBig) std::reverse(raw, raw + sizeof(T));
    bytes_.insert(bytes_.end(), raw, raw + sizeof(T));
    return *this;
  }
  Writer& text(std::string_view text) {
    const bool nul = kind_ != Kind::kRos1;
    put(static_cast<std::uint32_t>(text.size() + nul));
    bytes_.insert(bytes_.end(), text.begin(), text.end());
    if (nul) bytes_.push_back(0);
    return *this;
  }
  template <class T>
  Writer& sequence(const std::vector<T>& values) {
    put(static_cast<std::uint32_t>(values.size()));
    for (const T value : values) put(value);
    return *this;
  }
  const Bytes& bytes() const { return bytes_; }
  operator Bytes() const { return bytes_; }  // NOLINT(google-explicit-constructor)

 private:
  Kind kind_;
  Bytes bytes_;
};

/// Protobuf wire format.
class Proto {
 public:
  Proto& varint(std::uint32_t field, std::uint64_t value) {
    raw_varint(field << 3);
    raw_varint(value);
    return *this;
  }
  template <class T>
  Proto& fixed(std::uint32_t field, T value) {
    raw_varint(field << 3 | (sizeof(T) == 8 ? 1u : 5u));
    raw(value);
    return *this;
  }
  Proto& bytes(std::uint32_t field, std::string_view value) {
    raw_varint(field << 3 | 2);
    raw_varint(value.size());
    out_ += value;
    return *this;
  }
  Proto& message(std::uint32_t field, const Proto& value) { return bytes(field, value.out_); }
  template <class T>
  Proto& packed(std::uint32_t field, const std::vector<T>& values) {
    Proto inner;
    for (const T value : values) inner.raw(value);
    return message(field, inner);
  }
  Proto& raw_varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) out_ += static_cast<char>(value | 0x80);
    out_ += static_cast<char>(value);
    return *this;
  }
  Bytes out() const { return {out_.begin(), out_.end()}; }
  const std::string& text() const { return out_; }

 private:
  template <class T>
  void raw(T value) {
    char bytes[sizeof(T)];
    std::memcpy(bytes, &value, sizeof(T));
    out_.append(bytes, sizeof(T));
  }
  std::string out_;
};

/// An MCAP file without chunks or summary.
class Log {
 public:
  Log() {
    out_ = {0x89, 'M', 'C', 'A', 'P', '0', '\r', '\n'};
    record(0x01, Body().text("ros2").text("test"));
  }
  Log& schema(std::uint16_t id, const std::string& name, const std::string& encoding,
              std::string_view data) {
    record(0x03, Body().put(id).text(name).text(encoding).text(data));
    return *this;
  }
  Log& channel(std::uint16_t id, std::uint16_t schema, const std::string& topic,
               const std::string& encoding) {
    record(0x04, Body().put(id).put(schema).text(topic).text(encoding).put(std::uint32_t{0}));
    return *this;
  }
  Log& message(std::uint16_t channel, std::uint64_t log_time, std::uint64_t publish_time,
               const Bytes& data) {
    Body body;
    body.put(channel).put(sequence_++).put(log_time).put(publish_time);
    body.bytes.insert(body.bytes.end(), data.begin(), data.end());
    record(0x05, body);
    return *this;
  }
  Log& message(std::uint16_t channel, std::uint64_t log_time, std::string_view text) {
    return message(channel, log_time, log_time, Bytes(text.begin(), text.end()));
  }
  /// The finished file.
  Bytes bytes() const {
    Log whole = *this;
    whole.record(0x0F, Body().put(std::uint32_t{0}));
    whole.record(0x02, Body().put(std::uint64_t{0}).put(std::uint64_t{0}).put(std::uint32_t{0}));
    whole.out_.insert(whole.out_.end(), out_.begin(), out_.begin() + 8);  // the magic again
    return whole.out_;
  }

 private:
  struct Body {
    Bytes bytes;
    template <class T>
    Body& put(T value) {
      std::uint8_t raw[sizeof(T)];
      std::memcpy(raw, &value, sizeof(T));
      bytes.insert(bytes.end(), raw, raw + sizeof(T));
      return *this;
    }
    Body& text(std::string_view text) {
      put(static_cast<std::uint32_t>(text.size()));
      bytes.insert(bytes.end(), text.begin(), text.end());
      return *this;
    }
  };
  void record(std::uint8_t opcode, const Body& body) {
    Body head;
    head.put(opcode).put(std::uint64_t{body.bytes.size()});
    out_.insert(out_.end(), head.bytes.begin(), head.bytes.end());
    out_.insert(out_.end(), body.bytes.begin(), body.bytes.end());
  }
  Bytes out_;
  std::uint32_t sequence_ = 100;
};

/// One topic "/t" of schema 1 with these messages, 1 ms apart from 1 s.
inline Log one_topic(const std::string& schema_name, const std::string& schema_encoding,
                     std::string_view schema, const std::string& encoding,
                     const std::vector<Bytes>& messages) {
  Log log;
  log.schema(1, schema_name, schema_encoding, schema).channel(1, 1, "/t", encoding);
  std::uint64_t time = 1'000'000'000;
  for (const Bytes& data : messages) {
    log.message(1, time, time + 5, data);
    time += 1'000'000;
  }
  return log;
}

inline std::unique_ptr<Recording> open(const Bytes& file, Diagnostics& diagnostics,
                                       const Json& options = Json::object()) {
  namespace m = readers::mcap;
  return m::make_recording(
      m::McapFile::open_bytes("test.mcap", file, diagnostics),
      m::read_options(OptionValues::parse(options, m::read_option_specs(), "options")),
      diagnostics);
}
inline std::unique_ptr<Recording> open_path(const fs::path& path, Diagnostics& diagnostics,
                                            const Json& options = Json::object()) {
  namespace m = readers::mcap;
  return m::make_recording(
      m::McapFile::open(path, diagnostics),
      m::read_options(OptionValues::parse(options, m::read_option_specs(), "options")),
      diagnostics);
}

inline std::string message_of(const Diagnostics& diagnostics, std::string_view code) {
  for (const Diagnostic& entry : diagnostics.summary())
    if (entry.code == code) return entry.message;
  return "";
}

/// All batches as one.
inline SeriesBatch read_all(SeriesCursor& cursor) {
  SeriesBatch all, batch;
  for (const ColumnSpec& spec : cursor.columns())
    all.columns.push_back({spec, empty_data(spec.dtype)});
  while (cursor.next(batch)) {
    all.times.insert(all.times.end(), batch.times.begin(), batch.times.end());
    for (std::size_t i = 0; i < batch.columns.size(); ++i) {
      EXPECT_EQ(batch.columns[i].spec.name, all.columns[i].spec.name);
      EXPECT_EQ(batch.columns[i].rows(), batch.size());
      all.columns[i].append_rows(batch.columns[i], 0, batch.size());
    }
  }
  return all;
}
inline SeriesBatch series(const Recording& recording, const std::string& item,
                          Diagnostics& diagnostics) {
  const auto cursor = recording.open_series(item, diagnostics);
  return read_all(*cursor);
}
inline SeriesBatch series(const Log& log, Diagnostics& diagnostics,
                          const Json& options = Json::object(), const std::string& item = "/t") {
  return series(*open(log.bytes(), diagnostics, options), item, diagnostics);
}
inline std::vector<StreamEvent> events(const Recording& recording, const std::string& item,
                                       Diagnostics& diagnostics) {
  const auto cursor = recording.open_events(item, diagnostics);
  std::vector<StreamEvent> all;
  StreamEvent event;
  while (cursor->next(event)) all.push_back(event);
  return all;
}

inline const Column& column(const SeriesBatch& batch, std::string_view name) {
  for (const Column& c : batch.columns)
    if (c.spec.name == name) return c;
  throw std::runtime_error("no column " + std::string(name));
}
inline std::vector<double> numbers(const SeriesBatch& batch, std::string_view name) {
  return std::get<std::vector<double>>(column(batch, name).data);
}
inline std::vector<std::int64_t> integers(const SeriesBatch& batch, std::string_view name) {
  return std::get<std::vector<std::int64_t>>(column(batch, name).data);
}
inline std::vector<std::string> texts(const SeriesBatch& batch, std::string_view name) {
  return std::get<std::vector<std::string>>(column(batch, name).data);
}
inline std::vector<std::string> names(const SeriesBatch& batch) {
  std::vector<std::string> all;
  for (const Column& c : batch.columns) all.push_back(c.spec.name);
  return all;
}

}  // namespace reelcell::test::codec
