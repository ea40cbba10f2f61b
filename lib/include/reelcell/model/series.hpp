// Numbers at times, in columns.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "reelcell/base/time.hpp"
#include "reelcell/model/value.hpp"

namespace reelcell {

enum class DType {
  kFloat32,
  kFloat64,
  kInt8,
  kInt16,
  kInt32,
  kInt64,
  kUInt8,
  kUInt16,
  kUInt32,
  kUInt64,
  kBool,
  kString
};
std::string_view to_string(DType type);    ///< numpy's names: "float32", "int64", "bool", "string"
DType parse_dtype(std::string_view name);  ///< throws InputError
constexpr bool is_float(DType t) { return t == DType::kFloat32 || t == DType::kFloat64; }

/// One column of a series: scalar (width 1) or a vector of `width` values a sample ("q" of 7
/// joints).
struct ColumnSpec {
  std::string name;
  DType dtype = DType::kFloat64;
  std::size_t width = 1;
  std::string unit = {};                        ///< "rad", "N", "m/s"; "" = unknown
  std::vector<std::string> element_names = {};  ///< empty or `width` names
};

/// Row-major rows x width. float32/64 as double, all integers and bool as int64, text as string.
using ColumnData =
    std::variant<std::vector<double>, std::vector<std::int64_t>, std::vector<std::string>>;
struct Column {
  ColumnSpec spec;
  ColumnData data;
  std::size_t rows() const;
  /// Value at (row, element) as double; NaN for text and for missing.
  double number(std::size_t row, std::size_t element = 0) const;
  void append_rows(const Column& other, std::size_t first, std::size_t count);
};
ColumnData empty_data(DType type);

/// Samples in time order on the stream's own clock. Missing numbers are NaN in float columns.
template <class TimePoint>
struct BasicSeries {
  std::vector<TimePoint> times;
  std::vector<Column> columns;
  std::size_t size() const { return times.size(); }
};
using SeriesBatch = BasicSeries<StreamTime>;
using SeriesSlice = BasicSeries<SessionTime>;

/// Something that happened: a PLC step, a verdict, a recorder mark. `end` == `time` for an instant.
template <class TimePoint>
struct BasicEvent {
  TimePoint time{};
  TimePoint end{};
  std::string kind;                                   ///< "step", "verdict", ..
  std::vector<std::pair<std::string, Value>> fields;  ///< in the order of the source
  const Value* field(std::string_view name) const {
    for (const auto& [key, value] : fields)
      if (key == name) return &value;
    return nullptr;
  }
};
using StreamEvent = BasicEvent<StreamTime>;
using Event = BasicEvent<SessionTime>;

/// Pull, in time order, in batches of a few thousand samples. Memory follows the batch.
class SeriesCursor {
 public:
  virtual ~SeriesCursor() = default;
  virtual const std::vector<ColumnSpec>& columns() const = 0;
  /// Replaces `batch`; false at the end. Loss goes to the Diagnostics given at open.
  virtual bool next(SeriesBatch& batch) = 0;
};
class EventCursor {
 public:
  virtual ~EventCursor() = default;
  virtual bool next(StreamEvent& event) = 0;
};

}  // namespace reelcell
