#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "internal/moments.hpp"
#include "internal/select.hpp"
#include "reelcell/stats/stats.hpp"

namespace reelcell::stats {

namespace {
// Blocks end at fixed places of the sequence, so the result does not depend on the add() calls; 32
// KiB of doubles stay in the first-level cache for all passes.
constexpr std::size_t kBlock = 4096;
// Rows that are turned into columns at a time.
constexpr std::size_t kRows = 256;
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kQuantiles[] = {0.01, 0.10, 0.50, 0.90, 0.99};

struct Element {
  explicit Element(const std::shared_ptr<ValueRoom>& room) : store(room) {}
  std::vector<double> pending;  ///< up to kBlock long, `filled` of it in use
  std::size_t filled = 0;
  Moments moments;
  ValueStore store;
  std::uint64_t missing = 0;
  std::int64_t integer_min = std::numeric_limits<std::int64_t>::max();
  std::int64_t integer_max = std::numeric_limits<std::int64_t>::min();

  /// Room for `count` more, at the most up to the end of the block.
  void make_room(std::size_t count) {
    const std::size_t needed = std::min(filled + count, kBlock);
    if (pending.size() < needed) pending.resize(std::min(kBlock, std::max(needed, filled * 2)));
  }
  void flush() {
    const std::span<const double> values(pending.data(), filled);
    moments.join(moments_of(values));
    store.append(values);
    filled = 0;
  }
};

/// Where a quantile lies between two ranks, as numpy's 'linear' method has it.
struct Place {
  std::uint64_t below = 0, above = 0;
  double fraction = 0;
};
Place place_of(double quantile, std::uint64_t count) {
  const double index = quantile * static_cast<double>(count - 1);
  const auto below = static_cast<std::uint64_t>(std::floor(index));
  return {below, std::min(below + 1, count - 1), index - std::floor(index)};
}
/// numpy's _lerp, with its switch at one half, so that the last bit agrees.
double between(double a, double b, double t) {
  const double step = b - a;
  return t >= 0.5 ? b - step * (1 - t) : a + step * t;
}

std::size_t width_of(const FeatureSpec& spec) {
  std::size_t width = 1;
  for (const std::int64_t side : spec.shape) width *= static_cast<std::size_t>(side);
  return width;
}
}  // namespace

struct FeatureAccumulator::Impl {
  bool text = false, integer = false;
  std::vector<Element> elements;
  std::uint64_t rows = 0;
  bool has_origin = false;
  std::vector<std::int64_t> origin;  ///< of integers: the first row

  void add_numbers(const std::vector<double>& data, std::size_t count);
  void add_integers(const std::vector<std::int64_t>& data, std::size_t count);
  void finish_element(std::size_t e, FeatureStats& out) const;
};

FeatureAccumulator::FeatureAccumulator(const FeatureSpec& spec, std::uint64_t memory_limit)
    : FeatureAccumulator(spec, std::make_shared<ValueRoom>(memory_limit)) {}
FeatureAccumulator::FeatureAccumulator(const FeatureSpec& spec, std::shared_ptr<ValueRoom> room)
    : impl_(std::make_unique<Impl>()) {
  if (spec.is_video) throw std::logic_error("FeatureAccumulator: video has a ChannelAccumulator");
  impl_->text = spec.dtype == DType::kString;
  impl_->integer = !impl_->text && !is_float(spec.dtype);
  const std::size_t width = impl_->text ? 0 : width_of(spec);
  impl_->elements.reserve(width);
  for (std::size_t e = 0; e < width; ++e) impl_->elements.emplace_back(room);
  impl_->origin.resize(impl_->integer ? impl_->elements.size() : 0);
}
FeatureAccumulator::~FeatureAccumulator() = default;
FeatureAccumulator::FeatureAccumulator(FeatureAccumulator&&) noexcept = default;
FeatureAccumulator& FeatureAccumulator::operator=(FeatureAccumulator&&) noexcept = default;

void FeatureAccumulator::add(const Column& column) {
  const std::size_t count = column.rows();
  impl_->rows += count;
  if (impl_->text || count == 0) return;
  if (column.spec.width != impl_->elements.size())
    throw std::logic_error("FeatureAccumulator: column '" + column.spec.name +
                           "' does not have the feature's width");
  if (const auto* numbers = std::get_if<std::vector<double>>(&column.data))
    impl_->add_numbers(*numbers, count);
  else if (const auto* integers = std::get_if<std::vector<std::int64_t>>(&column.data))
    impl_->add_integers(*integers, count);
  else
    throw std::logic_error("FeatureAccumulator: text in a numeric feature");
}

void FeatureAccumulator::Impl::add_numbers(const std::vector<double>& data, std::size_t count) {
  const std::size_t width = elements.size();
  for (std::size_t begin = 0; begin < count; begin += kRows) {
    const std::size_t end = std::min(count, begin + kRows);
    for (std::size_t e = 0; e < width; ++e) {
      Element& element = elements[e];
      for (std::size_t row = begin; row < end;) {
        const std::size_t stop = std::min(end, row + kBlock - element.filled);
        element.make_room(stop - row);
        double* const out = element.pending.data() + element.filled;
        std::size_t kept = 0;
        for (std::size_t r = row; r < stop; ++r) {
          const double value = data[r * width + e];
          out[kept] = value;
          kept += value == value;  // a NaN is overwritten by the next
        }
        element.missing += stop - row - kept;
        element.filled += kept;
        row = stop;
        if (element.filled == kBlock) element.flush();
      }
    }
  }
}

void FeatureAccumulator::Impl::add_integers(const std::vector<std::int64_t>& data,
                                            std::size_t count) {
  const std::size_t width = elements.size();
  if (!has_origin) {
    std::copy_n(data.begin(), width, origin.begin());
    has_origin = true;
  }
  for (std::size_t e = 0; e < width; ++e) {
    Element& element = elements[e];
    for (std::size_t row = 0; row < count; ++row) {
      const std::int64_t value = data[row * width + e];
      element.integer_min = std::min(element.integer_min, value);
      element.integer_max = std::max(element.integer_max, value);
      // 65 bits: the distance of two int64 may not fit into one.
      if (element.filled == element.pending.size()) element.make_room(kRows);
      element.pending[element.filled++] =
          static_cast<double>(static_cast<__int128>(value) - origin[e]);
      if (element.filled == kBlock) element.flush();
    }
  }
}

void FeatureAccumulator::Impl::finish_element(std::size_t e, FeatureStats& out) const {
  const Element& element = elements[e];
  Moments moments = element.moments;
  const std::span<const double> tail(element.pending.data(), element.filled);
  moments.join(moments_of(tail));
  out.missing.push_back(element.missing);
  std::vector<double>* const quantiles[] = {&out.q01, &out.q10, &out.q50, &out.q90, &out.q99};
  if (moments.count == 0) {
    for (auto* list : {&out.min, &out.max, &out.mean, &out.std}) list->push_back(kNaN);
    for (auto* list : quantiles) list->push_back(kNaN);
    if (integer) {
      out.integer_min.push_back(0);
      out.integer_max.push_back(0);
    }
    return;
  }
  const double shift = integer ? static_cast<double>(origin[e]) : 0.0;
  if (integer) {
    out.integer_min.push_back(element.integer_min);
    out.integer_max.push_back(element.integer_max);
  }
  out.min.push_back(integer ? static_cast<double>(element.integer_min) : moments.min);
  out.max.push_back(integer ? static_cast<double>(element.integer_max) : moments.max);
  out.mean.push_back(moments.mean + shift);
  out.std.push_back(std::sqrt(moments.squares / static_cast<double>(moments.count)));

  std::vector<std::uint64_t> ranks;
  for (const double quantile : kQuantiles) {
    const Place place = place_of(quantile, moments.count);
    ranks.push_back(place.below);
    ranks.push_back(place.above);
  }
  std::sort(ranks.begin(), ranks.end());
  ranks.erase(std::unique(ranks.begin(), ranks.end()), ranks.end());
  const std::vector<double> values = moments.min == moments.max
                                         ? std::vector<double>(ranks.size(), moments.min)
                                         : select_ranks(element.store, tail, ranks);
  const auto at = [&](std::uint64_t rank) {
    return values[static_cast<std::size_t>(std::lower_bound(ranks.begin(), ranks.end(), rank) -
                                           ranks.begin())];
  };
  for (std::size_t i = 0; i < std::size(kQuantiles); ++i) {
    const Place place = place_of(kQuantiles[i], moments.count);
    quantiles[i]->push_back(between(at(place.below), at(place.above), place.fraction) + shift);
  }
}

FeatureStats FeatureAccumulator::finish() const {
  FeatureStats out;
  out.integer = impl_->integer;
  out.count = impl_->rows;
  for (std::size_t e = 0; e < impl_->elements.size(); ++e) impl_->finish_element(e, out);
  return out;
}

}  // namespace reelcell::stats
