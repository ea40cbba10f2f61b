#include "reelcell/textlog/table.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "reelcell/textlog/fields.hpp"

namespace reelcell::textlog {
namespace {
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// An integer written as "3.0" or "3e2" is one; "3.5" is not.
bool parse_whole(std::string_view text, std::int64_t* value) {
  if (parse_integer(text, value)) return true;
  bool flag = false;
  if (parse_bool(text, &flag)) {
    *value = flag;
    return true;
  }
  double number = 0;
  if (!parse_number(text, &number) || number != std::trunc(number) || std::abs(number) >= 9.2e18)
    return false;
  *value = static_cast<std::int64_t>(number);
  return true;
}

/// Is `text` an integer, and `value`, as which it was read, another?
bool is_rounded(std::string_view text, double value) {
  if (std::abs(value) < BatchBuilder::kSparse) return false;
  std::int64_t whole = 0;
  // One that no int64 holds has more digits than a float64 keeps, unless it is written 1e300.
  if (!parse_integer(text, &whole))
    return text.find_first_not_of("+-0123456789") == std::string_view::npos;
  return std::abs(value) >= 9.2e18 || static_cast<std::int64_t>(value) != whole;
}

/// The range of the narrower integer types.
bool fits(std::int64_t value, DType type) {
  switch (type) {
    case DType::kInt8:
      return value >= INT8_MIN && value <= INT8_MAX;
    case DType::kInt16:
      return value >= INT16_MIN && value <= INT16_MAX;
    case DType::kInt32:
      return value >= INT32_MIN && value <= INT32_MAX;
    case DType::kUInt8:
      return value >= 0 && value <= UINT8_MAX;
    case DType::kUInt16:
      return value >= 0 && value <= UINT16_MAX;
    case DType::kUInt32:
      return value >= 0 && value <= UINT32_MAX;
    case DType::kUInt64:
      return value >= 0;
    case DType::kBool:
      return value == 0 || value == 1;
    default:
      return true;
  }
}
}  // namespace

std::string rounded_text(const char* what, const std::string& name, std::string_view text) {
  return std::string(what) + " " + shown(name) + " holds the integer " + shown(text) +
         ", which is read as the nearest float64; give its column \"dtype\": \"int64\" to keep all "
         "digits";
}

BatchBuilder::BatchBuilder(std::vector<ColumnSpec> specs) : specs_(std::move(specs)) {
  floats_.resize(specs_.size());
  integers_.resize(specs_.size());
  texts_.resize(specs_.size());
  std::size_t width = 1;
  for (const ColumnSpec& spec : specs_) width += spec.width;
  most_rows_ = std::clamp<std::size_t>(kMostValues / width, 16, kMostRows);
  start(0);
}

void BatchBuilder::start(std::size_t expected) {
  rows_ = 0;
  capacity_ = std::clamp<std::size_t>(expected, 1, most_rows_);
  batch_ = {};
  batch_.times.resize(capacity_);
  for (std::size_t i = 0; i < specs_.size(); ++i) {
    const std::size_t values = capacity_ * specs_[i].width;
    Column& column = batch_.columns.emplace_back();
    column.spec = specs_[i];
    column.data = empty_data(specs_[i].dtype);
    if (auto* floats = std::get_if<std::vector<double>>(&column.data)) {
      floats->assign(values, kNaN);
      floats_[i] = floats->data();
    } else if (auto* integers = std::get_if<std::vector<std::int64_t>>(&column.data)) {
      integers->assign(values, 0);
      integers_[i] = integers->data();
    } else {
      auto& texts = std::get<std::vector<std::string>>(column.data);
      texts.assign(values, "");
      texts_[i] = texts.data();
    }
  }
}

BatchBuilder::Stored BatchBuilder::store(Target target, std::string_view text) {
  const std::size_t at = rows_ * specs_[target.column].width + target.element;
  if (texts_[target.column]) {
    texts_[target.column][at] = text;
    return Stored::kValue;
  }
  const std::string_view trimmed = trim(text);
  if (floats_[target.column]) {
    double value = kNaN;
    bool flag = false;
    const bool missing = is_missing(trimmed);
    bool good = missing || parse_number(trimmed, &value);
    if (!good && parse_bool(trimmed, &flag)) {
      value = flag;
      good = true;
    }
    floats_[target.column][at] = good ? value : kNaN;
    if (missing || (good && std::isnan(value))) return Stored::kMissing;
    if (good) return is_rounded(trimmed, value) ? Stored::kRounded : Stored::kValue;
    return Stored::kBad;
  }
  std::int64_t value = 0;
  const bool missing = is_missing(trimmed);
  const bool good =
      !missing && parse_whole(trimmed, &value) && fits(value, specs_[target.column].dtype);
  integers_[target.column][at] = good ? value : 0;
  return missing ? Stored::kMissing : (good ? Stored::kValue : Stored::kBad);
}

void BatchBuilder::accept(StreamTime time) { batch_.times[rows_++] = time; }

void BatchBuilder::take(SeriesBatch& batch) {
  batch_.times.resize(rows_);
  for (Column& column : batch_.columns)
    std::visit([&](auto& values) { values.resize(rows_ * column.spec.width); }, column.data);
  batch = std::move(batch_);
}

void OrderWatch::report(std::int64_t ns, std::uint64_t line) const {
  if (ns == last_)
    losses_->add(
        Severity::kWarning, codes_.duplicate, line,
        [&] {
          return "the same time as the line before it (" + format_seconds(Nanos(ns)) +
                 " s); expected one sample a time";
        },
        ns);
  else
    losses_->add(
        Severity::kWarning, codes_.backward, line,
        [&] {
          return "time " + format_seconds(Nanos(ns)) + " s is earlier than the line before it (" +
                 format_seconds(Nanos(last_)) +
                 " s). In a session, \"reorder_window_ms\" of the stream says how late a sample "
                 "may come and still be sorted in.";
        },
        ns);
}

}  // namespace reelcell::textlog
