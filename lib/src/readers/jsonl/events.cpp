#include "internal/cursors.hpp"
#include "internal/records.hpp"
#include "reelcell/textlog/lines.hpp"

namespace reelcell::readers::jsonl {
namespace {
class JsonlEvents : public EventCursor {
 public:
  JsonlEvents(std::shared_ptr<const InputFile> file, std::shared_ptr<const Plan> plan,
              Diagnostics& diagnostics)
      : plan_(std::move(plan)),
        losses_(diagnostics, file->path().string()),
        lines_(std::move(file)),
        scanner_(plan_->frame),
        order_(losses_, kFaults) {}

  bool next(StreamEvent& event) override {
    textlog::Line line;
    while (next_line(lines_, line, losses_))
      if (read(line, event)) return true;
    losses_.flush();
    return false;
  }

 private:
  /// Times come from the record's text, because a parsed double has lost their last digits.
  struct Frame {
    std::string time, end, kind;
    bool has_end = false;
  };

  bool read(const textlog::Line& line, StreamEvent& event) {
    Frame frame;
    const bool whole =
        scanner_.scan(line.text, [&frame](int slot, Token token, std::string_view text) {
          if (slot == Plan::kTimeSlot) frame.time = text;
          if (slot == Plan::kKindSlot && token != Token::kNull) frame.kind = text;
          if (slot != Plan::kEndSlot || token == Token::kNull) return;
          frame.end = text;
          frame.has_end = true;
        });
    const Json record = whole ? parse_record(line.text) : Json();
    if (!record.is_object()) {
      count_bad_line(line, losses_);
      return false;
    }
    std::int64_t start = 0;
    if (!plan_->time.parse(textlog::trim(frame.time), &start)) {
      losses_.add(Severity::kLoss, kFaults.bad_time, line.number, [&] {
        return "time field " + textlog::shown(plan_->time_name) + " holds " +
               textlog::shown(frame.time) + ", which cannot be read as " +
               std::string(to_string(plan_->time.unit)) + "; the event was skipped";
      });
      return false;
    }
    order_.add(start, line.number);
    event.time = stream_time(start);
    event.end = stream_time(end_of(line, frame, start));
    event.kind = plan_->kind_path              ? frame.kind
                 : plan_->options.kind.empty() ? "event"
                                               : plan_->options.kind;
    fill_fields(record, event);
    return true;
  }

  std::int64_t end_of(const textlog::Line& line, const Frame& frame, std::int64_t start) {
    if (!frame.has_end || textlog::is_missing(frame.end)) return start;
    std::int64_t end = start;
    if (plan_->time.parse(textlog::trim(frame.end), &end) && end >= start) return end;
    losses_.add(
        Severity::kLoss, "jsonl-bad-end", line.number,
        [&] {
          return "the event's end " + textlog::shown(frame.end) +
                 " is no time after its start; the event is kept as an instant";
        },
        start);
    return start;
  }

  void fill_fields(const Json& record, StreamEvent& event) const {
    event.fields.clear();
    for (const auto& [name, path] : plan_->event_fields) {
      const Json* value = find_path(record, path);
      event.fields.emplace_back(name, value ? value_from_json(*value) : Value{});
    }
    if (plan_->event_fields.empty()) flatten(record, "", event);
  }

  void flatten(const Json& object, const std::string& prefix, StreamEvent& event) const {
    for (const auto& [key, value] : object.items()) {
      const std::string name = prefix + key;
      if (value.is_object() && !value.empty())
        flatten(value, name + ".", event);
      else if (name != plan_->time_name && name != plan_->options.kind_column &&
               name != plan_->options.end_column)
        event.fields.emplace_back(name, value_from_json(value));
    }
  }

  std::shared_ptr<const Plan> plan_;
  textlog::LossCounter losses_;
  textlog::LineReader lines_;
  Scanner scanner_;
  textlog::OrderWatch order_;
};
}  // namespace

std::unique_ptr<EventCursor> make_event_cursor(std::shared_ptr<const InputFile> file,
                                               std::shared_ptr<const Plan> plan,
                                               Diagnostics& diagnostics) {
  return std::make_unique<JsonlEvents>(std::move(file), std::move(plan), diagnostics);
}

}  // namespace reelcell::readers::jsonl
