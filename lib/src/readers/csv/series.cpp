#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>

#include "internal/cursors.hpp"
#include "internal/records.hpp"

namespace reelcell::readers::csv {
namespace {
using textlog::BatchBuilder;
using textlog::Target;

class CsvSeries : public SeriesCursor {
 public:
  CsvSeries(std::shared_ptr<const InputFile> file, std::shared_ptr<const Plan> plan,
            Diagnostics& diagnostics)
      : plan_(std::move(plan)),
        losses_(diagnostics, file->path().string()),
        records_(std::move(file), plan_->layout, plan_->layout.data_offset, plan_->layout.data_line,
                 &losses_),
        builder_(plan_->columns),
        order_(losses_, kFaults) {
    for (std::size_t field = 0; field < plan_->layout.width(); ++field)
      actions_.push_back(action_of(field));
  }

  const std::vector<ColumnSpec>& columns() const override { return builder_.specs(); }

  bool next(SeriesBatch& batch) override {
    builder_.start(static_cast<std::size_t>(records_.lines_left()));
    textlog::Line line;
    while (!builder_.full() && records_.next(line)) take(line);
    losses_.flush();
    builder_.take(batch);
    return !batch.times.empty();
  }

 private:
  /// What is done with a field. kFloat is the fast path: one float target and no decimal comma.
  enum class Kind { kSkip, kTime, kFloat, kOther };
  struct Action {
    Kind kind = Kind::kSkip;
    Target target;
  };
  struct Fault {
    BatchBuilder::Stored what;
    std::size_t field;
    std::string_view text;
  };

  Action action_of(std::size_t field) const {
    const auto& targets = plan_->targets[field];
    if (field == plan_->time_column) return {Kind::kTime, {}};
    if (targets.empty()) return {};
    if (targets.size() == 1 && builder_.is_float(targets[0]) && !plan_->layout.decimal_comma)
      return {Kind::kFloat, targets[0]};
    return {Kind::kOther, {}};
  }

  void take(const textlog::Line& line) {
    faults_.clear();
    time_good_ = false;
    const std::size_t width =
        Records::has_quotes(line.text) ? parse_quoted(line) : parse(line.text);
    if (width != plan_->layout.width()) return count_width(line, width);
    if (!time_good_) return count_time(line);
    if (!line.terminated)
      losses_.add(Severity::kNote, "csv-no-final-newline", line.number, [] {
        return "the last line has no line end; it was read, but its last field may be cut";
      });
    for (const Fault& fault : faults_) count_field(line, fault);
    order_.add(time_, line.number);
    builder_.accept(stream_time(time_));
  }

  /// Reads plain fields in one pass; returns how many there are (without empty ones behind the
  /// last).
  std::size_t parse(std::string_view text) {
    const char delimiter = plan_->layout.delimiter;
    const char* at = text.data();
    const char* const end = at + text.size();
    const std::size_t width = actions_.size();
    for (std::size_t field = 0;; ++field) {
      const char* stop = nullptr;
      if (field < width && actions_[field].kind == Kind::kFloat) {
        double value = 0;
        const auto [parsed, error] = std::from_chars(at, end, value);
        if (error == std::errc() && (parsed == end || *parsed == delimiter) &&
            std::abs(value) < BatchBuilder::kSparse) {
          builder_.store_number(actions_[field].target, value);
          stop = parsed;
        }
      }
      if (!stop) {
        stop = find(at, end, delimiter);
        const std::string_view content(at, static_cast<std::size_t>(stop - at));
        if (field < width)
          store(field, content);
        else if (!textlog::trim(content).empty())
          extra_ = true;
      }
      if (stop == end) return std::exchange(extra_, false) ? field + 1 : std::min(field + 1, width);
      at = stop + 1;
    }
  }

  static const char* find(const char* at, const char* end, char delimiter) {
    const void* hit =
        at == end ? nullptr : std::memchr(at, delimiter, static_cast<std::size_t>(end - at));
    return hit ? static_cast<const char*>(hit) : end;
  }

  std::size_t parse_quoted(const textlog::Line& line) {
    records_.split(line, fields_);
    const std::size_t width = actions_.size();
    while (fields_.size() > width && textlog::trim(fields_.back()).empty()) fields_.pop_back();
    for (std::size_t field = 0; field < std::min(width, fields_.size()); ++field)
      store(field, fields_[field]);
    return fields_.size();
  }

  void store(std::size_t field, std::string_view content) {
    switch (actions_[field].kind) {
      case Kind::kSkip:
        return;
      case Kind::kTime:
        time_good_ = plan_->time.parse(textlog::trim(content), &time_);
        if (!time_good_) time_text_ = content;
        break;
      case Kind::kFloat:
      case Kind::kOther:
        break;
    }
    for (const Target target : plan_->targets[field]) {
      auto stored = BatchBuilder::Stored::kValue;
      if (plan_->layout.decimal_comma && content.find(',') != std::string_view::npos &&
          plan_->columns[target.column].dtype != DType::kString) {
        pointed_ = content;
        std::replace(pointed_.begin(), pointed_.end(), ',', '.');
        stored = builder_.store(target, pointed_);
      } else {
        stored = builder_.store(target, content);
      }
      if (stored != BatchBuilder::Stored::kValue) faults_.push_back({stored, field, content});
    }
  }

  void count_width(const textlog::Line& line, std::size_t width) {
    if (!line.terminated && width < plan_->layout.width())
      return losses_.add(
          Severity::kLoss, "csv-torn-line", line.number,
          [&] {
            return "the file ends within this line (" + std::to_string(width) + " of " +
                   std::to_string(plan_->layout.width()) + " columns); it was skipped";
          },
          time_good_ ? std::optional(time_) : std::nullopt);
    losses_.add(
        Severity::kLoss, "csv-column-count", line.number,
        [&] {
          return "found " + std::to_string(width) + " columns, expected " +
                 std::to_string(plan_->layout.width()) + " as in the header; the line was skipped";
        },
        time_good_ ? std::optional(time_) : std::nullopt);
  }
  void count_time(const textlog::Line& line) {
    losses_.add(Severity::kLoss, line.terminated ? kFaults.bad_time : "csv-torn-line", line.number,
                [&] {
                  return "time " + textlog::shown(time_text_) + " cannot be read as " +
                         std::string(to_string(plan_->time.unit)) + "; the line was skipped";
                });
  }
  void count_field(const textlog::Line& line, const Fault& fault) {
    const std::string& name = plan_->layout.names[fault.field];
    if (fault.what == BatchBuilder::Stored::kMissing)
      return losses_.add(
          Severity::kNote, kFaults.missing, line.number,
          [&] { return "column " + textlog::shown(name) + " is empty; it is read as missing"; },
          time_);
    if (fault.what == BatchBuilder::Stored::kRounded)
      return losses_.add(
          Severity::kWarning, kFaults.rounded, line.number,
          [&] { return textlog::rounded_text("column", name, fault.text); }, time_);
    losses_.add(
        Severity::kLoss, kFaults.bad_number, line.number,
        [&] {
          return "column " + textlog::shown(name) + " holds " + textlog::shown(fault.text) +
                 ", expected a number; it is read as missing, the rest of the line is kept";
        },
        time_);
  }

  std::shared_ptr<const Plan> plan_;
  textlog::LossCounter losses_;
  Records records_;
  BatchBuilder builder_;
  textlog::OrderWatch order_;
  std::vector<Action> actions_;
  std::vector<std::string_view> fields_;
  std::vector<Fault> faults_;
  std::string pointed_;
  std::string_view time_text_;
  std::int64_t time_ = 0;
  bool time_good_ = false;
  bool extra_ = false;
};
}  // namespace

std::unique_ptr<SeriesCursor> make_series_cursor(std::shared_ptr<const InputFile> file,
                                                 std::shared_ptr<const Plan> plan,
                                                 Diagnostics& diagnostics) {
  return std::make_unique<CsvSeries>(std::move(file), std::move(plan), diagnostics);
}

}  // namespace reelcell::readers::csv
