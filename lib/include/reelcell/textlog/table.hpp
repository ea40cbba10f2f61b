// Rows of a log on their way into the columns of a batch.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "reelcell/model/series.hpp"
#include "reelcell/textlog/losses.hpp"

namespace reelcell::textlog {

/// Codes of the faults that all line-oriented readers count, with the format's name in front.
struct FaultCodes {
  const char* bad_time;
  const char* bad_number;
  const char* missing;
  const char* backward;
  const char* duplicate;
  const char* rounded;
};

/// What is said of an integer that a float column rounds; `what`: "column" or "field".
std::string rounded_text(const char* what, const std::string& name, std::string_view text);

/// Where a field goes: element `element` of column `column`.
struct Target {
  std::size_t column = 0;
  std::size_t element = 0;
};

/// A batch, written field by field. A row counts only once accept()ed; until then it may be written
/// again. Holds up to 4096 rows, fewer for very wide tables: memory stays near 2 MiB.
class BatchBuilder {
 public:
  static constexpr std::size_t kMostRows = 4096;
  static constexpr std::size_t kMostValues = std::size_t{1} << 18;

  explicit BatchBuilder(std::vector<ColumnSpec> specs);
  const std::vector<ColumnSpec>& specs() const { return specs_; }
  /// `expected`: rows that are known to come at most; a hint that saves memory for short files.
  void start(std::size_t expected = kMostRows);
  bool full() const { return rows_ == capacity_; }
  std::size_t rows() const { return rows_; }

  /// kRounded: an integer that a float column cannot hold to the last digit.
  enum class Stored { kValue, kMissing, kBad, kRounded };
  /// From here on a float64 [same unit as the value] may stand for several integers: 2^53.
  static constexpr double kSparse = 9007199254740992.0;
  /// Parses by the column's type. Missing and bad become NaN, 0 or "".
  Stored store(Target target, std::string_view text);
  /// For float columns.
  void store_number(Target target, double value) {
    floats_[target.column][rows_ * specs_[target.column].width + target.element] = value;
  }
  bool is_float(Target target) const { return floats_[target.column] != nullptr; }
  void accept(StreamTime time);
  /// Shrinks to the accepted rows and gives them away.
  void take(SeriesBatch& batch);

 private:
  std::vector<ColumnSpec> specs_;
  SeriesBatch batch_;
  std::vector<double*> floats_;  ///< of each column; nullptr when it is not of that kind
  std::vector<std::int64_t*> integers_;
  std::vector<std::string*> texts_;
  std::size_t most_rows_;
  std::size_t capacity_ = 0;
  std::size_t rows_ = 0;
};

/// Watches the order of times; every sample is kept, what is odd is counted.
class OrderWatch {
 public:
  OrderWatch(LossCounter& losses, FaultCodes codes) : losses_(&losses), codes_(codes) {}
  void add(std::int64_t ns, std::uint64_t line) {
    if (any_ && ns <= last_) report(ns, line);
    any_ = true;
    last_ = ns;
  }

 private:
  void report(std::int64_t ns, std::uint64_t line) const;
  LossCounter* losses_;
  FaultCodes codes_;
  bool any_ = false;
  std::int64_t last_ = 0;
};

}  // namespace reelcell::textlog
