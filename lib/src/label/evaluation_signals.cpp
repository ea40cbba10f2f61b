// Signals: stretches of samples, and the expressions over them.
#include <algorithm>
#include <cmath>

#include "internal/evaluation.hpp"
#include "internal/functions.hpp"

namespace reelcell::label {
namespace {
/// Length of a stretch: at 1 kHz and 16 columns about 1 MB.
constexpr Nanos kStretch = std::chrono::seconds(10);
/// Stretches kept, so that several functions over a short segment read it once.
constexpr std::size_t kCacheBytes = std::size_t{32} << 20;
/// A sample of a varying signal stands for at most this many nominal periods; beyond, it is a gap.
constexpr double kHoldPeriods = 10;

std::size_t size_of(const SeriesSlice& slice) {
  std::size_t bytes = slice.times.size() * sizeof(SessionTime);
  for (const Column& column : slice.columns)
    bytes += slice.times.size() * column.spec.width *
             (column.spec.dtype == DType::kString ? sizeof(std::string) + 16 : sizeof(double));
  return bytes;
}

void copy_column(const Column& column, int element, const Conversion& convert, Samples& result) {
  const std::size_t first = element < 0 ? 0 : static_cast<std::size_t>(element);
  const std::size_t rows = result.times.size();
  if (const auto* texts = std::get_if<std::vector<std::string>>(&column.data)) {
    result.content = Content::kTexts;
    for (std::size_t row = 0; row < rows; ++row)
      result.texts.emplace_back((*texts)[row * column.spec.width + first]);
    return;
  }
  if (column.spec.dtype == DType::kBool) {
    result.content = Content::kTruths;
    for (std::size_t row = 0; row < rows; ++row) {
      const double value = column.number(row, first);
      result.truths.push_back(std::isnan(value) ? kNotKnown : value != 0 ? kTrue : kFalse);
    }
    return;
  }
  result.numbers.reserve(rows * result.width);
  for (std::size_t row = 0; row < rows; ++row)
    for (std::size_t i = 0; i < result.width; ++i) {
      const double value = column.number(row, first + i);
      // Infinities come from broken loggers; no statistic of them means anything.
      result.numbers.push_back(std::isfinite(value) ? convert(value) : kMissing);
    }
}

using NumberTest = bool (*)(double, double);
/// Chosen once a stretch, not once a sample.
NumberTest number_test(const std::string& op) {
  if (op == "==") return [](double a, double b) { return a == b; };
  if (op == "!=") return [](double a, double b) { return a != b; };
  if (op == "<") return [](double a, double b) { return a < b; };
  if (op == "<=") return [](double a, double b) { return a <= b; };
  if (op == ">") return [](double a, double b) { return a > b; };
  return [](double a, double b) { return a >= b; };
}
Truth number_truth(NumberTest holds, double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return kNotKnown;
  return holds(a, b) ? kTrue : kFalse;
}
double number_result(char op, double a, double b) {
  const double result = op == '+' ? a + b : op == '-' ? a - b : op == '*' ? a * b : a / b;
  return std::isfinite(result) ? result : kMissing;
}

Samples frame_of(const Samples& a, const Samples& b) {
  Samples result;
  const Samples& timed = a.constant ? b : a;
  result.times = timed.times;
  result.constant = a.constant && b.constant;
  result.width = std::max(a.width, b.width);
  if (a.constant || b.constant) {
    result.held = timed.held;
    result.backward = timed.backward;
    result.hold_limit = timed.hold_limit;
  } else {
    result.held = a.held && b.held;
    result.backward = a.backward && b.backward;
    result.hold_limit = std::max(a.hold_limit, b.hold_limit);
  }
  return result;
}

void convert_all(Samples& samples, const Conversion& convert) {
  if (convert.identity || samples.content != Content::kNumbers) return;
  for (double& value : samples.numbers) value = convert(value);
}

Samples compare_samples(const std::string& op, const Samples& a, const Samples& b) {
  Samples result = frame_of(a, b);
  result.content = Content::kTruths;
  const NumberTest holds = number_test(op);
  const std::size_t rows = result.rows();
  result.truths.reserve(rows);
  for (std::size_t row = 0; row < rows; ++row) {
    Truth truth = kNotKnown;
    if (a.content == Content::kNumbers && b.content == Content::kNumbers) {
      truth = number_truth(holds, a.number(row), b.number(row));
    } else if (a.content == Content::kTexts && b.content == Content::kTexts) {
      if (a.text(row) && b.text(row))
        truth = std::get<bool>(compare(op, known(*a.text(row)), known(*b.text(row))).value)
                    ? kTrue
                    : kFalse;
    } else if (a.content == Content::kTruths && b.content == Content::kTruths) {
      if (a.truth(row) != kNotKnown && b.truth(row) != kNotKnown)
        truth = (a.truth(row) == b.truth(row)) == (op == "==") ? kTrue : kFalse;
    }
    result.truths.push_back(truth);
  }
  return result;
}

Samples arithmetic_samples(const Node& node, const Samples& a, const Samples& b) {
  Samples result = frame_of(a, b);
  const std::size_t rows = result.rows();
  result.numbers.reserve(rows * result.width);
  const bool numbers = a.content == Content::kNumbers && b.content == Content::kNumbers;
  for (std::size_t row = 0; row < rows; ++row)
    for (std::size_t i = 0; i < result.width; ++i)
      result.numbers.push_back(
          numbers ? number_result(node.text[0], a.number(row, i), b.number(row, i)) : kMissing);
  convert_all(result, node.conversions[2]);
  return result;
}

Samples logic_samples(NodeKind kind, const Samples& a, const Samples& b) {
  Samples result = frame_of(a, b);
  result.content = Content::kTruths;
  const bool truths = a.content == Content::kTruths && b.content == Content::kTruths;
  const std::size_t rows = result.rows();
  for (std::size_t row = 0; row < rows; ++row) {
    const Truth left = truths ? a.truth(row) : kNotKnown, right = truths ? b.truth(row) : kNotKnown;
    result.truths.push_back(kind == NodeKind::kAnd ? truth_and(left, right)
                                                   : truth_or(left, right));
  }
  return result;
}
}  // namespace

std::shared_ptr<const SeriesSlice> Evaluation::fetch(const std::string& stream, TimeRange range) {
  for (const Cached& cached : cache_)
    if (cached.range == range && cached.stream == stream) return cached.slice;
  auto slice = std::make_shared<const SeriesSlice>(scene_.signals->series(stream, range, true));
  const std::size_t bytes = size_of(*slice);
  cache_.push_back({stream, range, slice, bytes});
  cache_bytes_ += bytes;
  while (cache_bytes_ > kCacheBytes && cache_.size() > 1) {
    cache_bytes_ -= cache_.front().bytes;
    cache_.pop_front();
  }
  return slice;
}

Samples Evaluation::signal_samples(const Node& node, TimeRange stretch) {
  const Binding& binding = node.binding;
  add_input(binding_text(binding));
  const std::shared_ptr<const SeriesSlice> slice = fetch(binding.stream, stretch);
  Samples result;
  result.width = node.type.width;
  if (node.type.base == Base::kText) result.content = Content::kTexts;
  if (node.type.base == Base::kBool) result.content = Content::kTruths;
  const auto found =
      std::find_if(slice->columns.begin(), slice->columns.end(),
                   [&](const Column& each) { return each.spec.name == binding.field; });
  if (found == slice->columns.end()) return result;
  result.times = slice->times;
  const Column& column = *found;
  result.held = !is_float(column.spec.dtype);
  const StreamSpec* spec = scene_.session->stream(binding.stream);
  if (spec && spec->rate_hz && *spec->rate_hz > 0)
    result.hold_limit = Nanos(whole_ns(kHoldPeriods * 1e9 / *spec->rate_hz));
  copy_column(column, binding.element, conversion(node.type.shown, node.type.unit), result);
  return result;
}

Samples Evaluation::figure_samples(const Node& node, TimeRange stretch) {
  const Binding& binding = node.binding;
  add_input(binding_text(binding));
  Samples result;
  result.times = scene_.signals->frames(binding.stream, stretch).times;
  const auto figures = scene_.signals->frame_figures(binding.stream, stretch);
  for (std::size_t i = 0; i < result.times.size(); ++i) {
    if (i >= figures.size() || !figures[i]) {
      result.numbers.push_back(kMissing);
      continue;
    }
    const FrameFigures& frame = *figures[i];
    result.numbers.push_back(binding.field == "luma"        ? frame.luma_mean
                             : binding.field == "luma_std"  ? frame.luma_std
                             : binding.field == "sharpness" ? frame.sharpness
                                                            : frame.difference);
  }
  return result;
}

Samples Evaluation::constant_samples(const Node& node) {
  Datum datum = value(node);
  Samples result;
  result.constant = true;
  if (const std::optional<double> number = number_in(datum.value)) {
    result.numbers = {*number};
  } else if (const auto* text = std::get_if<std::string>(&datum.value)) {
    result.content = Content::kTexts;
    result.texts = {*text};
  } else if (const auto* truth = std::get_if<bool>(&datum.value)) {
    result.content = Content::kTruths;
    result.truths = {*truth ? kTrue : kFalse};
  } else if (node.type.base == Base::kBool || node.type.base == Base::kUnknown) {
    result.content = Content::kTruths;
    result.truths = {kNotKnown};
  } else if (node.type.base == Base::kText) {
    result.content = Content::kTexts;
    result.texts = {std::nullopt};
  } else {
    result.numbers = {kMissing};
  }
  return result;
}

Samples Evaluation::samples(const Node& node, TimeRange stretch) {
  if (node.type.shape != Shape::kSignal) return constant_samples(node);
  if (node.kind == NodeKind::kName)
    return node.binding.kind == Binding::Kind::kFigure ? figure_samples(node, stretch)
                                                       : signal_samples(node, stretch);
  Samples first = samples(*node.children[0], stretch);
  convert_all(first, node.conversions[0]);
  if (node.kind == NodeKind::kAs) return first;
  if (node.kind == NodeKind::kCall) return node.function->sample(first);
  if (node.kind == NodeKind::kNegate) {
    for (double& value : first.numbers) value = -value;
    return first;
  }
  if (node.kind == NodeKind::kNot) {
    for (Truth& truth : first.truths) truth = truth_not(truth);
    return first;
  }
  if (node.kind == NodeKind::kIn) {
    Samples result;
    for (std::size_t i = 1; i < node.children.size(); ++i) {
      Samples item = samples(*node.children[i], stretch);
      convert_all(item, node.conversions[i]);
      Samples same = compare_samples("==", first, item);
      result = i == 1 ? same : logic_samples(NodeKind::kOr, result, same);
    }
    if (node.negated)
      for (Truth& truth : result.truths) truth = truth_not(truth);
    return result;
  }
  Samples second = samples(*node.children[1], stretch);
  convert_all(second, node.conversions[1]);
  align(first, second);
  if (node.kind == NodeKind::kArithmetic) return arithmetic_samples(node, first, second);
  if (node.kind == NodeKind::kCompare) return compare_samples(node.text, first, second);
  return logic_samples(node.kind, first, second);
}

std::string Evaluation::unknown_operand(const Node& signal) {
  for (const NodePtr& child : signal.children) {
    if (child->type.shape == Shape::kSignal) {
      std::string why = unknown_operand(*child);
      if (!why.empty()) return why;
      continue;
    }
    Datum datum = value(*child);
    if (!datum.known()) return datum.why;
  }
  return {};
}

void Evaluation::each_stretch(const Node& signal, TimeRange range, const Visit& visit) {
  for (SessionTime start = range.start; start < range.end;) {
    const SessionTime end = range.end - start > kStretch ? start + kStretch : range.end;
    const Samples stretch = samples(signal, {start, end});
    const auto begin = std::lower_bound(stretch.times.begin(), stretch.times.end(), start);
    const auto stop = std::lower_bound(begin, stretch.times.end(), end);
    if (!visit(stretch, static_cast<std::size_t>(begin - stretch.times.begin()),
               static_cast<std::size_t>(stop - stretch.times.begin())))
      return;
    start = end;
  }
}

}  // namespace reelcell::label
