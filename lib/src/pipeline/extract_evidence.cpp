// Streams as interval signals, in one pass and bounded memory.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <utility>

#include "internal/exposure.hpp"
#include "internal/repeated_frames.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/base/median.hpp"
#include "reelcell/base/units.hpp"
#include "reelcell/media/audio.hpp"
#include "reelcell/pipeline/clocks.hpp"

namespace reelcell::pipeline {
namespace {

using timeline::IntervalSignal;
using timeline::IntervalSignalBuilder;

/// Changes over less are noise of the encoder rather than motion.
constexpr std::int64_t kLeastStep = 4'000'000;  // ns
/// An impulse's width: shorter than a frame, longer than a PLC cycle.
constexpr std::int64_t kImpulse = 10'000'000;  // ns
/// Frames to decode of a long recording: minutes spread over it say as much as hours.
constexpr std::size_t kMostFrames = 54'000;
constexpr std::size_t kRanges = 9;
/// A longer interval than so many usual ones is a hole.
constexpr std::int64_t kHole = 8;

std::int64_t placed(StreamTime t, const timeline::ClockMap* map) {
  return map ? ns_of(map->to_session(t)) : ns_of(t);
}

/// Median step of times in order; 0 when there are fewer than two.
std::int64_t usual_step(const std::vector<StreamTime>& times) {
  std::vector<std::int64_t> steps;
  for (std::size_t i = 1; i < times.size() && steps.size() < 4096; ++i)
    if (times[i] > times[i - 1]) steps.push_back((times[i] - times[i - 1]).count());
  return upper_median(std::move(steps));
}

std::vector<media::FrameRange> frames_to_decode(std::size_t frames) {
  if (frames <= kMostFrames) return {{0, static_cast<std::uint32_t>(frames)}};
  std::vector<media::FrameRange> ranges;
  const std::size_t each = kMostFrames / kRanges;
  for (std::size_t i = 0; i < kRanges; ++i) {
    const std::size_t centre = (2 * i + 1) * frames / (2 * kRanges);
    ranges.push_back({static_cast<std::uint32_t>(centre - each / 2),
                      static_cast<std::uint32_t>(centre - each / 2 + each)});
  }
  return ranges;
}

IntervalSignal from_video(const OpenSession& session, const EvidenceSource& source,
                          const timeline::ClockMap* map) {
  const auto video = session.video(source.stream);
  const auto& frames = video->frames().frames;
  const StreamSpec& spec = *session.session().stream(source.stream);
  const Nanos shift = to_mid_exposure(spec);
  std::vector<StreamTime> times;
  for (const FrameRecord& frame : frames) times.push_back(frame.time);
  const std::int64_t usual = usual_step(times);
  std::vector<media::FrameActivity> seen;
  const auto ranges = frames_to_decode(frames.size());
  at_place(source.stream, [&] {
    media::measure_activity(
        video, ranges, source.region,
        [&](const media::FrameActivity& activity) { seen.push_back(activity); }, session.losses());
  });
  const std::vector<bool> repeated = repeated_frames(seen);
  IntervalSignalBuilder out;
  std::size_t before = 0;
  for (std::size_t i = 1; i < seen.size(); ++i) {
    if (seen[i - 1].ordinal + 1 != seen[i].ordinal) {
      before = i;
      continue;
    }
    if (repeated[i]) continue;
    const auto count = static_cast<std::int64_t>(i - before);
    const StreamTime from = frames[seen[before].ordinal].time + shift,
                     to = frames[seen[i].ordinal].time + shift;
    // Twice the time is not twice the change: an interval with a lost frame would mislead.
    if ((to - from).count() * 2 < (2 * count + 1) * usual) {
      const double value =
          source.kind == EvidenceKind::kMotion
              ? seen[i].motion / static_cast<double>(count)
              : (static_cast<double>(seen[before].brightness) + seen[i].brightness) / 2;
      out.add(placed(from, map), placed(to, map), value);
    }
    before = i;
  }
  return out.finish();
}

/// The column that is asked for, or the first that suits.
std::size_t column_of(const std::vector<ColumnSpec>& columns, const EvidenceSource& source) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (columns[i].name == source.column) return i;
    names.push_back(columns[i].name);
  }
  if (!source.column.empty())
    throw InputError(source.stream, unknown_name("column", source.column, names));
  for (std::size_t i = 0; i < columns.size(); ++i)
    if (is_float(columns[i].dtype) && columns[i].width > 1) return i;
  for (std::size_t i = 0; i < columns.size(); ++i)
    if (columns[i].dtype != DType::kString) return i;
  throw InputError(source.stream, "holds no column of numbers");
}

bool is_velocity(const ColumnSpec& column) {
  const auto unit = find_unit(column.unit);
  return unit && unit->dimension.exponents[2] == -1 && !unit->dimension.none() &&
         unit->dimension.exponents[1] == 0;
}

/// Row by row to intervals, remembering the last row.
class SeriesReader {
 public:
  SeriesReader(const EvidenceSource& source, const ColumnSpec& column,
               const timeline::ClockMap* map)
      : source_(source),
        column_(column),
        map_(map),
        whole_numbers_(!is_float(column.dtype)),
        plain_(source.kind == EvidenceKind::kValue || is_velocity(column)) {}

  void read(const SeriesBatch& batch, const Column& column) {
    if (usual_ == 0) usual_ = usual_step(batch.times);
    for (std::size_t row = 0; row < batch.times.size(); ++row) {
      std::vector<double> values = row_of(column, row);
      if (std::any_of(values.begin(), values.end(), [](double v) { return !std::isfinite(v); }))
        continue;
      if (decided_) {
        held_or_new(batch.times[row], std::move(values));
        continue;
      }
      changes_ += !early_.empty() && early_.back().values != values;
      early_.push_back({batch.times[row], std::move(values)});
      if (changes_ >= kChanges || early_.size() * column_.width >= kMostEarly) decide();
    }
  }
  IntervalSignal finish() {
    if (!decided_) decide();
    IntervalSignal signal = out_.finish();
    signal.steps = plain_ && whole_numbers_ && !sampled();
    return signal;
  }

 private:
  std::vector<double> row_of(const Column& column, std::size_t row) const {
    if (source_.element) return {column.number(row, static_cast<std::size_t>(*source_.element))};
    std::vector<double> values;
    for (std::size_t i = 0; i < column_.width; ++i) values.push_back(column.number(row, i));
    return values;
  }
  static double norm(const std::vector<double>& values) {
    double sum = 0;
    for (const double v : values) sum += v * v;
    return std::sqrt(sum);
  }
  /// A log faster than what it logs repeats each value until the next one comes: what was measured
  /// at the changes alone is known. Rests and switches repeat theirs too, but not evenly, or few.
  void decide() {
    constexpr std::size_t kLeastChanges = 16, kLeastValues = 12;
    constexpr double kMostly = 0.6;
    std::vector<std::int64_t> rows;  // from one change to the next
    std::vector<double> values;
    std::size_t last = 0;
    for (std::size_t i = 1; i < early_.size(); ++i) {
      if (early_[i].values == early_[i - 1].values) continue;
      if (last > 0) rows.push_back(static_cast<std::int64_t>(i - last));
      values.push_back(norm(early_[i].values));
      last = i;
    }
    decided_ = true;
    if (rows.size() >= kLeastChanges) {
      std::vector<std::int64_t> sorted = rows;
      std::sort(sorted.begin(), sorted.end());
      std::sort(values.begin(), values.end());
      const auto distinct = std::unique(values.begin(), values.end()) - values.begin();
      const std::int64_t usual = sorted[sorted.size() / 2];
      const auto alike = std::count_if(rows.begin(), rows.end(), [&](std::int64_t n) {
        return std::abs(n - usual) <= std::max<std::int64_t>(1, usual / 4);
      });
      const bool even = static_cast<double>(alike) >= kMostly * static_cast<double>(rows.size());
      if (usual >= 2 && even && distinct >= static_cast<std::ptrdiff_t>(kLeastValues)) {
        hold_ = Nanos(usual * usual_);
        usual_ = hold_.count();
        whole_numbers_ = false;
      }
    }
    for (Row& row : early_) held_or_new(row.time, std::move(row.values));
    early_ = {};
  }
  void held_or_new(StreamTime time, std::vector<double> values) {
    if (hold_.count() > 0 && !last_.empty()) {
      const bool same = values == last_;
      // It was measured again in between, and was the same.
      if (same && time - last_time_ > 2 * hold_) take(last_time_ + hold_, last_);
      if (same) return;
      if (2 * (time - last_time_) > 3 * hold_) take(time - hold_, last_);
    }
    take(time, std::move(values));
  }
  /// A single number keeps its sign where it is the value itself that counts.
  double size(const std::vector<double>& values) const {
    if (values.size() > 1) return norm(values);
    return source_.kind == EvidenceKind::kValue ? values[0] : std::abs(values[0]);
  }
  void take(StreamTime time, std::vector<double> values) {
    if (!last_.empty()) {
      const std::int64_t step = (time - last_time_).count();
      if (step <= 0) return;
      if (plain_ && whole_numbers_) {
        hold(time, values);
      } else if (step > kHole * usual_ && !whole_numbers_) {
        // a hole: nothing is known of it
      } else if (plain_) {
        add(last_time_, time, (size(last_) + size(values)) / 2);
      } else {
        if (step < std::min(kLeastStep, 16 * usual_)) return;
        std::vector<double> change(values.size());
        for (std::size_t i = 0; i < values.size(); ++i) change[i] = values[i] - last_[i];
        add(last_time_, time, norm(change) / (static_cast<double>(step) * 1e-9));
      }
    }
    last_time_ = time;
    last_ = std::move(values);
  }
  /// A log that mostly repeats its number is one of samples; another one has a row a change.
  bool sampled() const { return 2 * repeats_ > rows_; }
  /// A number holds until the next one. Of samples, which change somewhere between, each stands for
  /// half the time to its neighbours.
  void hold(StreamTime time, const std::vector<double>& values) {
    const Nanos step = time - last_time_;
    ++rows_;
    repeats_ += values == last_;
    const bool between = sampled() && step.count() <= 2 * usual_;
    const StreamTime until = between ? last_time_ + step / 2 : time;
    add(held_ ? *held_ : last_time_, until, size(last_));
    held_ = until;
  }
  void add(StreamTime from, StreamTime to, double value) {
    out_.add(placed(from, map_), placed(to, map_), value);
  }

  static constexpr std::size_t kChanges = 256, kMostEarly = std::size_t{1} << 18;
  struct Row {
    StreamTime time{};
    std::vector<double> values;
  };
  const EvidenceSource& source_;
  ColumnSpec column_;
  const timeline::ClockMap* map_;
  bool decided_ = false;
  std::vector<Row> early_;  ///< until it is decided whether they are held
  std::size_t changes_ = 0;
  Nanos hold_{0};  ///< how long a value is repeated; 0: it is not
  bool whole_numbers_, plain_;
  IntervalSignalBuilder out_;
  StreamTime last_time_{};
  std::vector<double> last_;
  std::int64_t usual_ = 0;
  std::optional<StreamTime> held_;  ///< up to where the numbers before are added
  std::uint64_t rows_ = 0, repeats_ = 0;
};

IntervalSignal from_series(const OpenSession& session, const EvidenceSource& source,
                           const timeline::ClockMap* map) {
  auto cursor =
      map ? session.open_series(source.stream, map->join()) : session.open_series(source.stream);
  const std::size_t at = column_of(cursor->columns(), source);
  const ColumnSpec& column = cursor->columns()[at];
  if (column.dtype == DType::kString)
    throw InputError(source.text(), "is text; clocks are measured by numbers");
  if (source.element && *source.element >= static_cast<int>(column.width))
    throw InputError(source.text(),
                     "the column has " + std::to_string(column.width) + " elements, from 0");
  SeriesReader reader(source, column, map);
  SeriesBatch batch;
  while (cursor->next(batch)) reader.read(batch, batch.columns[at]);
  return reader.finish();
}

bool matches(const StreamEvent& event, const Json& high) {
  if (high.is_null()) return true;
  for (const auto& [field, wanted] : high.items()) {
    const Value* value = event.field(field);
    const std::string text = field == "kind" && !value ? event.kind
                             : value                   ? to_text(*value)
                                                       : std::string();
    const auto same = [&](const Json& one) { return to_text(value_from_json(one)) == text; };
    const bool found =
        wanted.is_array() ? std::any_of(wanted.begin(), wanted.end(), same) : same(wanted);
    if (!found) return false;
  }
  return true;
}

/// For a level, only events that have the fields at all change it.
bool concerns(const StreamEvent& event, const Json& high) {
  if (high.is_null()) return true;
  return std::all_of(high.items().begin(), high.items().end(), [&](const auto& entry) {
    return entry.key() == "kind" || event.field(entry.key()) != nullptr;
  });
}

/// The step that stamps are whole multiples of: a controller's cycle, or the last digit that was
/// written. Fewer stamps would have one by chance.
class StampStep {
 public:
  void add(StreamTime t) {
    if (stamps_++ > 0) step_ = std::gcd(step_, (t - last_).count());
    last_ = t;
  }
  std::int64_t ns() const { return stamps_ >= 8 ? step_ : 0; }

 private:
  std::int64_t step_ = 0, stamps_ = 0;
  StreamTime last_{};
};

IntervalSignal from_events(const OpenSession& session, const EvidenceSource& source,
                           const timeline::ClockMap* map) {
  IntervalSignalBuilder out;
  auto cursor =
      map ? session.open_events(source.stream, map->join()) : session.open_events(source.stream);
  StreamEvent event;
  std::optional<std::int64_t> last;
  bool high = false;
  StampStep step;
  while (cursor->next(event)) {
    step.add(event.time);
    const std::int64_t at = placed(event.time, map);
    if (source.kind == EvidenceKind::kLevel) {
      if (!concerns(event, source.high)) continue;
      if (last && at > *last) out.add(*last, at, high ? 1 : 0);
      high = matches(event, source.high);
      last = at;
      continue;
    }
    if (!matches(event, source.high)) continue;
    const std::int64_t begin = at - kImpulse / 2;
    if (last && begin > *last) out.add(*last, begin, 0);
    out.add(std::max(begin, last.value_or(begin)), at + kImpulse / 2, 1);
    last = at + kImpulse / 2;
  }
  IntervalSignal signal = out.finish();
  signal.steps = true;
  signal.stamp_step_ns = step.ns();
  return signal;
}

IntervalSignal from_audio(const OpenSession& session, const EvidenceSource& source,
                          const timeline::ClockMap* map) {
  const StreamSpec& spec = *session.session().stream(source.stream);
  IntervalSignalBuilder out;
  media::audio_envelope(
      session.source_path(source.stream), std::stoi(spec.source.item), std::chrono::milliseconds(2),
      [&](StreamTime from, StreamTime to, float loudness) {
        out.add(placed(from, map), placed(to, map), loudness);
      },
      session.losses());
  return out.finish();
}

}  // namespace

timeline::IntervalSignal extract_evidence(const OpenSession& session, const EvidenceSource& source,
                                          const timeline::ClockMap* map) {
  switch (source.kind) {
    case EvidenceKind::kMotion:
    case EvidenceKind::kBrightness:
      return from_video(session, source, map);
    case EvidenceKind::kSpeed:
    case EvidenceKind::kValue:
      return from_series(session, source, map);
    case EvidenceKind::kEvents:
    case EvidenceKind::kLevel:
      return from_events(session, source, map);
    case EvidenceKind::kEnvelope:
      return from_audio(session, source, map);
    case EvidenceKind::kPairs:
      break;  // stamps are no signal
  }
  return {};
}

}  // namespace reelcell::pipeline
