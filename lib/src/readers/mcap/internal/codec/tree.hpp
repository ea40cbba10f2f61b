// The shape of a message: fields, arrays and how long they are, from a schema and a sample message.
// Every encoding makes the same tree, so columns are chosen and named in one place.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "reelcell/model/series.hpp"
#include "reelcell/model/value.hpp"

namespace reelcell::readers::mcap {

enum class Prim : std::uint8_t {
  kBool,
  kInt8,
  kUInt8,
  kInt16,
  kUInt16,
  kInt32,
  kUInt32,
  kInt64,
  kUInt64,
  kFloat32,
  kFloat64,
  kString,
  kTime,      ///< an instant, kept as int64 ns
  kDuration,  ///< kept as int64 ns
  kBytes,     ///< opaque: never a column
};
constexpr bool is_integer(Prim p) {
  return p <= Prim::kUInt64 || p == Prim::kTime || p == Prim::kDuration;
}
DType dtype_of(Prim prim);

/// Part of an array that has its own column: `position[3]`.
struct Pick {
  std::uint32_t index = 0;
  std::int32_t column = -1;
};

struct Node {
  enum class Kind : std::uint8_t { kScalar, kArray, kStruct, kStructArray };
  std::string name;
  Kind kind = Kind::kScalar;
  Prim prim = Prim::kFloat64;  ///< kScalar and kArray
  bool dynamic = false;        ///< arrays: the message says how long it is
  bool implicit_zero = false;  ///< protobuf without presence: absent means zero
  std::uint32_t length = 0;    ///< arrays: fixed, or as in the sample
  std::int32_t number = 0;     ///< protobuf's field number
  std::vector<Node> children;  ///< kStruct: fields; kStructArray: one kStruct an element
  std::vector<Value> values;   ///< of the sample: one for a scalar, `length` for an array (or none)

  // What a decoder does with it; set by select_columns().
  std::int32_t column = -1;
  std::vector<Pick> picks;
  bool used = false;   ///< it or something below it has a column
  bool exact = false;  ///< dynamic arrays: another length than `length` makes the message unusable
  bool expect_empty = false;  ///< wanted, but without a column since the sample had no values in it
};

/// Fills `into` with what only `from` knows: fields it has not, lengths of arrays that are empty in
/// it. With `absent_integers_as_float`, integers that one of the two has not become float64, for
/// which there is a missing value.
void merge_shape(Node& into, const Node& from, bool absent_integers_as_float);

/// A struct of two integers named like seconds and nanoseconds is an instant: makes it a kTime
/// scalar.
bool collapse_time(Node& node);

struct ColumnChoice {
  std::vector<std::string> fields;  ///< paths, prefixes or elements; empty: all
  bool text = true;                 ///< strings too
  bool integers_as_float = false;   ///< so that a missing one can be NaN
  std::uint32_t max_width = 4096;   ///< longer arrays are left out
  std::vector<std::string> also;    ///< leaves to select whatever `fields` says
};

struct ColumnLayout {
  std::vector<ColumnSpec> columns;
  std::vector<std::string> left_out;   ///< arrays too long, columns beyond the limit
  std::vector<std::string> unmatched;  ///< entries of `fields` that name nothing
  int find(std::string_view name) const;
};
inline constexpr std::size_t kMaxColumns = 8192;

/// Chooses and numbers the columns; marks them in the tree.
ColumnLayout select_columns(Node& tree, const ColumnChoice& choice);

/// The leaf at `path` ("header.stamp", "transforms[0].x"), or nullptr.
const Node* find_node(const Node& tree, std::string_view path);
/// Gives a top-level or nested scalar or array its column by hand, whatever its type. False when
/// there is none.
bool mark_node(Node& tree, std::string_view path, std::int32_t column);

/// Every scalar of a sample with its path, arrays element by element.
void flatten_values(const Node& tree,
                    const std::function<void(const std::string&, Prim, const Value&)>& take);

}  // namespace reelcell::readers::mcap
