// Stretches between changes of a signal's level or noise: contact, load, a state.
#include <algorithm>
#include <cmath>
#include <deque>

#include "../internal/common.hpp"
#include "pelt.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/base/median.hpp"

namespace reelcell::segment {
namespace changes {
namespace {
struct Request {
  SignalRef signal;
  Model model = Model::kMean;
  double penalty = 0;
  Nanos resolution{0}, window{0}, min_length{0};
  std::string name;
  std::size_t width() const { return signal.element ? 1 : signal.spec.width; }
};

struct Row {
  SessionTime time{};
  std::vector<double> values;
};

struct Change {
  std::size_t row = 0;  ///< first row after it
  SessionTime time{};
  Nanos uncertainty{0};
};

/// Means of the rows within each resolution step; steps without a row are left out.
struct Bins {
  std::vector<std::size_t> first;  ///< first row of each bin, and the number of rows at the end
  std::vector<std::vector<double>> means;
};
Bins make_bins(const std::deque<Row>& rows, Nanos resolution, std::size_t width) {
  Bins bins;
  SessionTime end{};
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (bins.first.empty() || rows[i].time >= end) {
      const Nanos since = rows[i].time - rows.front().time;
      end = rows.front().time + (since / resolution + 1) * resolution;
      bins.first.push_back(i);
      bins.means.emplace_back(width, 0.0);
    }
    for (std::size_t e = 0; e < width; ++e) bins.means.back()[e] += rows[i].values[e];
  }
  bins.first.push_back(rows.size());
  for (std::size_t b = 0; b < bins.means.size(); ++b)
    for (double& mean : bins.means[b])
      mean /= static_cast<double>(bins.first[b + 1] - bins.first[b]);
  return bins;
}

/// How much the noise of an entry is like that of the one before: of noise that dies away by this
/// share a step, differences over two steps have 1 + share times the variance of those over one.
/// 0 where that is less than a few entries would show by chance.
double persistence_of(const std::vector<std::vector<double>>& entries, std::size_t element,
                      double step) {
  constexpr std::size_t kFewest = 64;
  constexpr double kByChance = 0.3, kMost = 0.99;
  if (entries.size() < kFewest || !(step > 0)) return 0;
  std::vector<double> over_two;
  for (std::size_t i = 2; i < entries.size(); ++i)
    over_two.push_back(std::abs(entries[i][element] - entries[i - 2][element]));
  const double ratio = upper_median(std::move(over_two)) / step;
  const double share = ratio * ratio - 1;
  return share < kByChance ? 0 : std::min(share, kMost);
}

/// Size of the noise of each element, from the differences of neighbours: changes are few among
/// them, so they do not count. A signal without noise is a state; any step of it is a change. Noise
/// that persists looks small from step to step and wanders further than noise that does not: what
/// counts is by how much it moves the mean of a stretch.
std::vector<double> noise_of(const std::vector<std::vector<double>>& entries, std::size_t width) {
  std::vector<double> noise(width, 1.0);
  for (std::size_t e = 0; e < width; ++e) {
    std::vector<double> steps;
    double low = entries.front()[e], high = low;
    for (std::size_t i = 1; i < entries.size(); ++i) {
      steps.push_back(std::abs(entries[i][e] - entries[i - 1][e]));
      low = std::min(low, entries[i][e]);
      high = std::max(high, entries[i][e]);
    }
    // Median of |difference of two normal values| = 0.6745 * sqrt(2) * sigma.
    const double step = upper_median(std::move(steps));
    const double share = persistence_of(entries, e, step);
    noise[e] = step / (0.6745 * std::sqrt(2.0)) * std::sqrt(1 + share) / (1 - share);
    const double least = 1e-3 * (high - low);
    noise[e] = std::max({noise[e], least, 1e-300});
  }
  return noise;
}

class Finder {
 public:
  Finder(const Request& request, std::string source)
      : request_(request), source_(std::move(source)), sum_(request.width(), 0.0) {}

  void add(Row row) {
    if (!first_) first_ = row.time;
    last_ = row.time;
    rows_.push_back(std::move(row));
    if (rows_.back().time - rows_.front().time >= request_.window) settle();
  }
  std::vector<Segment> take() {
    if (rows_.empty()) return std::move(segments_);
    const std::vector<Change> found = find();
    accept(found, found.size());
    absorb(rows_.size());
    emit(last_ + Nanos{1}, {"last sample of " + request_.signal.text, std::nullopt});
    return std::move(segments_);
  }

 private:
  /// A window is full: changes are final but for the last one, which what follows may still move.
  void settle() {
    const std::vector<Change> found = find();
    const SessionTime half = rows_.front().time + request_.window / 2;
    const std::size_t count =
        found.empty() || found.back().time < half ? found.size() : found.size() - 1;
    accept(found, count);
    if (count > 0) return;
    std::size_t keep = 0;
    while (keep < rows_.size() && rows_[keep].time < half) ++keep;
    absorb(keep);
  }

  std::vector<Change> find() const {
    const std::size_t width = request_.width();
    const Bins bins = make_bins(rows_, request_.resolution, width);
    if (bins.means.size() < 2) return {};
    const std::vector<double> noise = noise_of(bins.means, width);
    Sums sums(width);
    for (const auto& mean : bins.means) {
      std::vector<double> scaled(width);
      for (std::size_t e = 0; e < width; ++e) scaled[e] = mean[e] / noise[e];
      sums.add(scaled.data());
    }
    const auto entries = static_cast<double>(bins.means.size());
    const double each = request_.model == Model::kMean ? 1 : 2;
    const double penalty =
        request_.penalty * (each * static_cast<double>(width) + 1) * std::log(entries);
    const auto least = static_cast<std::size_t>(request_.min_length / request_.resolution);
    std::vector<Change> changes;
    std::vector<std::size_t> points = pelt(sums, request_.model, penalty, least);
    for (std::size_t i = 0; i < points.size(); ++i) {
      // Between the bins around it, bounded by the neighbouring changes.
      const std::size_t from = i > 0 ? bins.first[points[i - 1]] : 0;
      const std::size_t to = i + 1 < points.size() ? bins.first[points[i + 1]] : bins.first.back();
      changes.push_back(refine(from, to, bins.first[points[i] - 1],
                               bins.first[std::min(points[i] + 1, bins.means.size())]));
    }
    return changes;
  }

  /// The row at which two stretches of their own level (and noise) fit best, and how far it can be
  /// moved before the fit is worse by what 95 % confidence allows (-2 log likelihood + 3.84).
  Change refine(std::size_t from, std::size_t to, std::size_t low, std::size_t high) const {
    constexpr double kWorse = 3.84;
    const std::size_t width = request_.width();
    std::vector<std::vector<double>> entries;
    for (std::size_t i = from; i < to; ++i) entries.push_back(rows_[i].values);
    const std::vector<double> noise = noise_of(entries, width);
    Sums sums(width);
    for (auto& entry : entries) {
      for (std::size_t e = 0; e < width; ++e) entry[e] /= noise[e];
      sums.add(entry.data());
    }
    const auto cost = [&](std::size_t row) {
      return sums.cost(0, row - from, request_.model) +
             sums.cost(row - from, to - from, request_.model);
    };
    low = std::max(low, from + 1);
    high = std::min(high, to - 1);
    std::size_t best = low;
    double least = cost(low);
    for (std::size_t row = low; row <= high; ++row)
      if (const double value = cost(row); value < least) least = value, best = row;
    std::size_t first = best, last = best;
    while (first > from + 1 && cost(first - 1) <= least + kWorse) --first;
    while (last + 1 < to && cost(last + 1) <= least + kWorse) ++last;
    const Nanos step = rows_[best].time - rows_[best - 1].time;
    const SessionTime time = rows_[best - 1].time + step / 2;
    const Nanos reach =
        std::max(rows_[best].time - rows_[first].time, rows_[last].time - rows_[best].time);
    return {best, time, reach + step / 2};
  }

  void absorb(std::size_t rows) {
    for (std::size_t i = 0; i < rows; ++i) {
      for (std::size_t e = 0; e < sum_.size(); ++e) sum_[e] += rows_[i].values[e];
      ++count_;
    }
    rows_.erase(rows_.begin(), rows_.begin() + static_cast<std::ptrdiff_t>(rows));
  }
  /// Ends a segment at each of the first `count` changes.
  void accept(const std::vector<Change>& found, std::size_t count) {
    std::size_t done = 0;
    for (std::size_t i = 0; i < count; ++i) {
      absorb(found[i].row - done);
      done = found[i].row;
      emit(found[i].time, {source_, found[i].uncertainty});
    }
  }
  void emit(SessionTime end, Boundary boundary) {
    Segment& segment = segments_.emplace_back();
    segment.range = {begin_.value_or(*first_), end};
    segment.kind = request_.name;
    segment.name = numbered_name(request_.name, segments_.size() - 1);
    segment.begin = begin_ ? begin_boundary_
                           : Boundary{"first sample of " + request_.signal.text, std::nullopt};
    segment.finish = boundary;
    for (std::size_t e = 0; e < sum_.size(); ++e)
      segment.attributes.emplace_back(
          sum_.size() == 1 ? "mean" : "mean[" + std::to_string(e) + "]",
          count_ > 0 ? Value(sum_[e] / static_cast<double>(count_)) : Value());
    begin_ = end;
    begin_boundary_ = std::move(boundary);
    sum_.assign(sum_.size(), 0.0);
    count_ = 0;
  }

  const Request& request_;
  std::string source_;
  std::deque<Row> rows_;
  std::optional<SessionTime> first_, begin_;
  Boundary begin_boundary_;
  SessionTime last_{};
  std::vector<double> sum_;
  std::size_t count_ = 0;
  std::vector<Segment> segments_;
};

Nanos positive(const OptionValues& options, const char* name) {
  const Nanos value = options.duration(name);
  if (value <= Nanos{0})
    throw InputError(options.where() + "/" + name,
                     "found " + format_duration(value) + ", expected more than 0");
  return value;
}

Request parse(const OptionValues& options, const SessionDescription& session) {
  Request request;
  request.signal = resolve_signal(options.text("signal"), session, options.where() + "/signal");
  request.model = options.text("model") == "mean" ? Model::kMean : Model::kMeanVariance;
  request.penalty = options.number("penalty");
  if (!(request.penalty > 0))
    throw InputError(options.where() + "/penalty", "expected more than 0");
  request.resolution = positive(options, "resolution");
  request.window = positive(options, "window");
  request.min_length = options.duration("min_length");
  if (request.window < 4 * std::max(request.resolution, request.min_length))
    throw InputError(options.where() + "/window",
                     "found " + format_duration(request.window) +
                         ", expected at least four times resolution and min_length");
  if (request.window / request.resolution > 100'000)
    throw InputError(options.where() + "/window",
                     "holds more than 100000 steps of " + format_duration(request.resolution) +
                         "; make it shorter or the resolution coarser");
  request.name = options.text("name");
  return request;
}
}  // namespace

std::vector<Segment> run(const OptionValues& options, SessionSignals& signals,
                         const EventPredicateCompiler&, Diagnostics&) {
  const Request request = parse(options, signals.session());
  Finder finder(request, "change of " + request.signal.text +
                             (request.model == Model::kMean ? " (mean)" : " (mean or variance)"));
  each_slice(signals, request.signal.stream, signals.extent(), [&](const SeriesSlice& slice) {
    const Column& column = slice.columns.at(request.signal.column);
    for (std::size_t i = 0; i < slice.size(); ++i) {
      Row row{slice.times[i], std::vector<double>(request.width())};
      bool known = true;
      for (std::size_t e = 0; e < row.values.size(); ++e) {
        row.values[e] = column.number(i, request.signal.element.value_or(e));
        known = known && std::isfinite(row.values[e]);
      }
      if (known) finder.add(std::move(row));
    }
  });
  return finder.take();
}
}  // namespace changes

const SegmenterRow& changes_segmenter() {
  static const SegmenterRow row{
      "changes",
      "Stretches between changes of a signal's level: contact, load, a state",
      {{.name = "signal",
        .help = "Column of a series, such as force.force, force.force[2] or controller.state"},
       {.name = "model",
        .type = OptionType::kChoice,
        .fallback = "mean",
        .help = "What changes: the mean, or the mean and the size of the noise",
        .choices = {"mean", "mean_variance"}},
       {.name = "penalty",
        .type = OptionType::kNumber,
        .fallback = 3,
        .help = "How much better a change must fit, in multiples of (elements + 1) log(steps in a "
                "window); more = fewer changes"},
       {.name = "resolution",
        .type = OptionType::kDuration,
        .fallback = "10ms",
        .help = "Step of the search; a change is then placed between two samples"},
       {.name = "window",
        .type = OptionType::kDuration,
        .fallback = "60s",
        .help = "Length that is searched, and held in memory, at once"},
       {.name = "min_length",
        .type = OptionType::kDuration,
        .fallback = "100ms",
        .help = "Shortest stretch between two changes"},
       {.name = "name",
        .fallback = "change",
        .help = "Kind of the segments, and start of their names"}},
      changes::run};
  return row;
}

}  // namespace reelcell::segment
