#include <cmath>
#include <limits>

#include "internal/cursors.hpp"
#include "internal/records.hpp"
#include "reelcell/textlog/lines.hpp"

namespace reelcell::readers::jsonl {
namespace {
using textlog::BatchBuilder;

class JsonlSeries : public SeriesCursor {
 public:
  JsonlSeries(std::shared_ptr<const InputFile> file, std::shared_ptr<const Plan> plan,
              Diagnostics& diagnostics)
      : plan_(std::move(plan)),
        losses_(diagnostics, file->path().string()),
        lines_(std::move(file)),
        scanner_(plan_->wanted),
        builder_(plan_->columns),
        order_(losses_, kFaults),
        seen_(plan_->targets.size(), 0) {}

  const std::vector<ColumnSpec>& columns() const override { return builder_.specs(); }

  bool next(SeriesBatch& batch) override {
    builder_.start(static_cast<std::size_t>(lines_.lines_left()));
    textlog::Line line;
    while (!builder_.full() && next_line(lines_, line, losses_)) take(line);
    losses_.flush();
    builder_.take(batch);
    return !batch.times.empty();
  }

 private:
  struct Fault {
    BatchBuilder::Stored what;
    int slot;
    std::string text;
  };

  void take(const textlog::Line& line) {
    ++generation_;
    faults_.clear();
    time_text_.clear();
    time_good_ = false;
    const bool whole = scanner_.scan(
        line.text,
        [this](int slot, Token token, std::string_view text) { leaf(slot, token, text); });
    if (!whole) return count_bad_line(line, losses_);
    if (!time_good_)
      return losses_.add(Severity::kLoss, kFaults.bad_time, line.number, [&] {
        return "time field " + textlog::shown(plan_->time_name) + " holds " +
               textlog::shown(time_text_) + ", which cannot be read as " +
               std::string(to_string(plan_->time.unit)) + "; the record was skipped";
      });
    for (std::size_t slot = 0; slot < seen_.size(); ++slot)
      if (seen_[slot] != generation_) {
        builder_.store(plan_->targets[slot], "");
        faults_.push_back({BatchBuilder::Stored::kMissing, static_cast<int>(slot), ""});
      }
    for (const Fault& fault : faults_) count(line, fault);
    order_.add(time_, line.number);
    builder_.accept(stream_time(time_));
  }

  void leaf(int slot, Token token, std::string_view text) {
    if (slot == Plan::kTimeSlot) {
      time_good_ = (token == Token::kNumber || token == Token::kString) &&
                   plan_->time.parse(textlog::trim(text), &time_);
      if (!time_good_) time_text_ = text;
      return;
    }
    const auto at = static_cast<std::size_t>(slot);
    seen_[at] = generation_;
    const textlog::Target target = plan_->targets[at];
    if (token == Token::kNumber && builder_.is_float(target)) {
      double value = 0;
      if (textlog::parse_number(text, &value) && std::abs(value) < BatchBuilder::kSparse) {
        builder_.store_number(target, value);
        return;
      }
    }
    auto stored = BatchBuilder::Stored::kMissing;
    if (text == "Infinity" || text == "-Infinity")
      builder_.store(target, text[0] == '-' ? "-inf" : "inf"),
          stored = BatchBuilder::Stored::kValue;
    else
      stored = builder_.store(target, token == Token::kNull ? "" : text);
    if (stored != BatchBuilder::Stored::kValue)
      faults_.push_back({stored, slot, std::string(text)});
  }

  void count(const textlog::Line& line, const Fault& fault) {
    const std::string& name = plan_->slot_names[static_cast<std::size_t>(fault.slot)];
    if (fault.what == BatchBuilder::Stored::kMissing)
      return losses_.add(
          Severity::kNote, kFaults.missing, line.number,
          [&] { return "field " + textlog::shown(name) + " is absent or null; it is missing"; },
          time_);
    if (fault.what == BatchBuilder::Stored::kRounded)
      return losses_.add(
          Severity::kWarning, kFaults.rounded, line.number,
          [&] { return textlog::rounded_text("field", name, fault.text); }, time_);
    losses_.add(
        Severity::kLoss, kFaults.bad_number, line.number,
        [&] {
          return "field " + textlog::shown(name) + " holds " + textlog::shown(fault.text) +
                 ", expected a number; it is read as missing, the rest of the record is kept";
        },
        time_);
  }

  std::shared_ptr<const Plan> plan_;
  textlog::LossCounter losses_;
  textlog::LineReader lines_;
  Scanner scanner_;
  BatchBuilder builder_;
  textlog::OrderWatch order_;
  std::vector<std::uint64_t> seen_;  ///< slot -> generation in which it was set
  std::uint64_t generation_ = 0;
  std::vector<Fault> faults_;
  std::string time_text_;
  std::int64_t time_ = 0;
  bool time_good_ = false;
};
}  // namespace

std::unique_ptr<SeriesCursor> make_series_cursor(std::shared_ptr<const InputFile> file,
                                                 std::shared_ptr<const Plan> plan,
                                                 Diagnostics& diagnostics) {
  return std::make_unique<JsonlSeries>(std::move(file), std::move(plan), diagnostics);
}

}  // namespace reelcell::readers::jsonl
