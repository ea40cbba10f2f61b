// From message bytes to columns. A Codec knows one channel's encoding and schema; compile() turns
// the chosen columns into a RowDecoder that reads each message once and allocates nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "../file.hpp"
#include "tree.hpp"

namespace reelcell::readers::mcap {

/// Where the values of one column go: row-major, `width` values a row.
struct ColumnTarget {
  enum class Store : std::uint8_t { kNumber, kInteger, kText, kBlob };
  Store store = Store::kNumber;
  /// Of an array: a message with another number of values cannot be put here, since integers have
  /// no "unknown", or since the elements have names that belong to one length.
  bool exact = false;
  std::uint32_t width = 1;
  void* base = nullptr;  ///< double*, int64_t*, std::string* or ByteView*

  template <class T>
  T* at(std::size_t row, std::size_t element) const {
    return static_cast<T*>(base) + row * width + element;
  }
};
ColumnTarget::Store store_of(DType dtype);

struct RowSink {
  std::vector<ColumnTarget> columns;
  std::size_t row = 0;
};

enum class DecodeStatus : std::uint8_t {
  kOk,
  kMalformed,  ///< cut short, or not of this encoding
  kLength,     ///< an array has another length than its column, which is exact
  kMissing,    ///< an integer is absent, and integers have no "unknown"
};

class RowDecoder {
 public:
  virtual ~RowDecoder() = default;
  /// Writes row `sink.row`. When not kOk the row's contents are unspecified and problem() says why.
  /// Blobs point into `message`.
  virtual DecodeStatus decode(ByteView message, RowSink& sink) = 0;
  virtual std::string problem() const = 0;
  /// Messages since the last call that held values in an array which was empty when the columns
  /// were chosen, and the array's path.
  virtual std::uint64_t take_left_out(std::string*) { return 0; }
  /// Arrays that had another length than their column: what they lack was
  /// written as missing, what they have beyond it left out. Taken: those since the last time,
  /// `first` says which was the first of them.
  bool uneven() const { return uneven_ > 0; }
  std::uint64_t take_uneven(std::string* first) {
    *first = std::move(first_uneven_);
    first_uneven_.clear();
    return std::exchange(uneven_, 0);
  }

 protected:
  void count_uneven(const std::string& array, std::uint64_t found, std::uint64_t expected) {
    if (uneven_++ == 0) first_uneven_ = uneven_text(array, found, expected);
  }
  static std::string uneven_text(const std::string& array, std::uint64_t found,
                                 std::uint64_t expected) {
    return "array '" + array + "' has " + std::to_string(found) + " values, its column has " +
           std::to_string(expected);
  }

 private:
  std::uint64_t uneven_ = 0;
  std::string first_uneven_;
};

class Codec {
 public:
  virtual ~Codec() = default;
  /// What the schema alone tells: dynamic arrays are empty.
  virtual Node blank() const = 0;
  /// Shape and values of one message; throws InputError for one that cannot be decoded.
  virtual Node sample(ByteView message) const = 0;
  /// `tree` as marked by select_columns(); `stores` one a column.
  virtual std::unique_ptr<RowDecoder> compile(
      const Node& tree, const std::vector<ColumnTarget::Store>& stores) const = 0;
  /// Fields may be absent, so that shapes of several samples must be joined.
  virtual bool open_shape() const { return false; }
  /// Something about how a message is read that a person should know; an empty code for nothing.
  struct Remark {
    std::string code, text;
  };
  virtual Remark remark(ByteView) const { return {}; }
};

enum class ByteOrder { kStated, kLittle, kBig };
struct CodecOptions {
  ByteOrder cdr_byte_order = ByteOrder::kStated;
  bool cdr_align_from_message =
      false;  ///< of writers that count alignment from the encapsulation header
};

/// Throws InputError (without a place) when the encoding is not known or the schema cannot be read.
std::unique_ptr<Codec> make_codec(const Channel& channel, const Schema* schema,
                                  const CodecOptions& options);
/// Is it one that make_codec() knows? A failure is then the schema's.
bool is_known_encoding(std::string_view encoding);

std::unique_ptr<Codec> make_ros1_codec(const Schema& schema);
std::unique_ptr<Codec> make_cdr_codec(const Schema& schema, const CodecOptions& options);
std::unique_ptr<Codec> make_protobuf_codec(const Schema& schema);
std::unique_ptr<Codec> make_json_codec(const Schema* schema);

/// A sample keeps at most this many values of one array; longer ones only tell their length.
inline constexpr std::uint32_t kMaxSampledValues = 1u << 16;
/// Nodes in one tree: a schema of nested arrays could otherwise ask for any amount of memory.
inline constexpr std::size_t kMaxNodes = 200'000;

}  // namespace reelcell::readers::mcap
