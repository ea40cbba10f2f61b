#include "internal/cursors.hpp"
#include "internal/records.hpp"

namespace reelcell::readers::csv {
namespace {
class CsvEvents : public EventCursor {
 public:
  CsvEvents(std::shared_ptr<const InputFile> file, std::shared_ptr<const Plan> plan,
            Diagnostics& diagnostics)
      : plan_(std::move(plan)),
        losses_(diagnostics, file->path().string()),
        records_(std::move(file), plan_->layout, plan_->layout.data_offset, plan_->layout.data_line,
                 &losses_),
        order_(losses_, kFaults) {}

  bool next(StreamEvent& event) override {
    textlog::Line line;
    while (records_.next(line))
      if (read(line, event)) return true;
    losses_.flush();
    return false;
  }

 private:
  bool read(const textlog::Line& line, StreamEvent& event) {
    const std::size_t width = plan_->layout.width();
    records_.split(line, fields_);
    while (fields_.size() > width && textlog::trim(fields_.back()).empty()) fields_.pop_back();
    if (fields_.size() != width) {
      losses_.add(Severity::kLoss,
                  !line.terminated && fields_.size() < width ? "csv-torn-line" : "csv-column-count",
                  line.number, [&] {
                    return "found " + std::to_string(fields_.size()) + " columns, expected " +
                           std::to_string(width) + " as in the header; the event was skipped";
                  });
      return false;
    }
    std::int64_t start = 0;
    const std::string_view text = textlog::trim(fields_[plan_->time_column]);
    if (!plan_->time.parse(text, &start)) {
      losses_.add(Severity::kLoss, kFaults.bad_time, line.number, [&] {
        return "time " + textlog::shown(text) + " cannot be read as " +
               std::string(to_string(plan_->time.unit)) + "; the event was skipped";
      });
      return false;
    }
    order_.add(start, line.number);
    event.time = stream_time(start);
    event.end = end_of(line, start);
    event.kind = kind_of();
    event.fields.clear();
    for (const Plan::EventField& field : plan_->event_fields)
      event.fields.emplace_back(field.name, value_of(field));
    return true;
  }

  Value value_of(const Plan::EventField& field) const {
    const std::string_view text = fields_[field.field];
    switch (field.as) {
      case Plan::EventField::As::kValue:
        return textlog::parse_value(text);
      case Plan::EventField::As::kId:
        return textlog::parse_id(text);
      case Plan::EventField::As::kText:
        break;
    }
    return text.empty() ? Value() : Value(std::string(text));
  }

  StreamTime end_of(const textlog::Line& line, std::int64_t start) {
    if (!plan_->end_column) return stream_time(start);
    const std::string_view text = textlog::trim(fields_[*plan_->end_column]);
    std::int64_t end = start;
    if (textlog::is_missing(text)) return stream_time(start);
    if (!plan_->time.parse(text, &end) || end < start) {
      losses_.add(
          Severity::kLoss, "csv-bad-end", line.number,
          [&] {
            return "the event's end " + textlog::shown(text) +
                   " is no time after its start; the event is kept as an instant";
          },
          start);
      end = start;
    }
    return stream_time(end);
  }

  std::string kind_of() const {
    if (plan_->kind_column) return std::string(textlog::trim(fields_[*plan_->kind_column]));
    return plan_->options.kind.empty() ? "event" : plan_->options.kind;
  }

  std::shared_ptr<const Plan> plan_;
  textlog::LossCounter losses_;
  Records records_;
  textlog::OrderWatch order_;
  std::vector<std::string_view> fields_;
};
}  // namespace

std::unique_ptr<EventCursor> make_event_cursor(std::shared_ptr<const InputFile> file,
                                               std::shared_ptr<const Plan> plan,
                                               Diagnostics& diagnostics) {
  return std::make_unique<CsvEvents>(std::move(file), std::move(plan), diagnostics);
}

}  // namespace reelcell::readers::csv
