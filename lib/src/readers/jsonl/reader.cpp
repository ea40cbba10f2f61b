#include <algorithm>

#include "internal/cursors.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/model/recording.hpp"
#include "reelcell/textlog/lines.hpp"
#include "reelcell/textlog/recording.hpp"

namespace reelcell::readers {
namespace {
using namespace jsonl;

class JsonlRecording : public textlog::SingleStreamRecording {
 public:
  JsonlRecording(std::shared_ptr<const InputFile> file, std::shared_ptr<const Plan> plan)
      : file_(std::move(file)), plan_(std::move(plan)) {
    streams_.push_back(describe());
  }

 protected:
  std::string place() const override { return file_->path().string(); }
  std::unique_ptr<SeriesCursor> series(Diagnostics& diagnostics) const override {
    return make_series_cursor(file_, plan_, diagnostics);
  }
  std::unique_ptr<EventCursor> events(Diagnostics& diagnostics) const override {
    return make_event_cursor(file_, plan_, diagnostics);
  }

 private:
  StreamInfo describe() const {
    StreamInfo info;
    info.suggested_name = file_->path().stem().string();
    info.columns = plan_->columns;
    info.time_field = plan_->time_name;
    info.rate_hz = textlog::rate_of(plan_->sample_times);
    info.kind = textlog::likely_kind(plan_->options.any_event_option(), plan_->columns.size(),
                                     plan_->text_fields, info.rate_hz);
    if (!plan_->sample_times.empty()) info.first = stream_time(plan_->sample_times.front());
    info.last = textlog::find_last(0, file_->size(),
                                   [&](std::uint64_t offset) { return last_from(offset); });
    Json names = Json::array(), texts = Json::array();
    for (const Field& field : plan_->survey.fields()) {
      names.push_back(field.name);
      if (field.texts > 0 && field.name != plan_->time_name) texts.push_back(field.name);
    }
    info.details = {{"time_column", plan_->time_name},
                    {"text_fields", std::move(texts)},
                    {"time_unit", to_string(plan_->time.unit)},
                    {"time_unit_assumed", plan_->time_unit_assumed},
                    {"fields", std::move(names)},
                    {"bytes", file_->size()}};
    return info;
  }

  std::optional<StreamTime> last_from(std::uint64_t offset) const {
    Scanner scanner(plan_->frame);
    textlog::LineReader lines(file_, offset);
    textlog::Line line;
    std::optional<StreamTime> last;
    bool partial = offset > 0;
    while (lines.next(line)) {
      if (std::exchange(partial, false)) continue;
      std::optional<StreamTime> found;
      const bool whole = scanner.scan(line.text, [&](int slot, Token, std::string_view text) {
        std::int64_t ns = 0;
        if (slot == Plan::kTimeSlot && plan_->time.parse(textlog::trim(text), &ns))
          found = stream_time(ns);
      });
      if (whole && found) last = found;
    }
    return last;
  }

  std::shared_ptr<const InputFile> file_;
  std::shared_ptr<const Plan> plan_;
};

std::unique_ptr<Recording> open_jsonl(const OpenRequest& request, Diagnostics& diagnostics) {
  const std::string where = request.path.string();
  return at_place(where, [&]() -> std::unique_ptr<Recording> {
    auto file = std::make_shared<const InputFile>(request.path);
    auto plan = std::make_shared<const Plan>(
        make_plan(file, textlog::parse_log_options(request.options), where, diagnostics));
    return std::make_unique<JsonlRecording>(std::move(file), std::move(plan));
  });
}

/// The first line is a whole JSON object, and the file does not end with it (that is plain JSON)
/// unless its name says JSONL.
int sniff_jsonl(const fs::path& path, ByteView head) {
  std::string_view text = as_text(head);
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  const auto start = text.find_first_not_of(" \t\r\n");
  if (start == std::string_view::npos || text[start] != '{') return 0;
  const auto end = std::min(text.find('\n', start), text.size());
  const std::string_view first = text.substr(start, end - start);
  const Wanted nothing;
  if (!Scanner(nothing).scan(first, [](int, Token, std::string_view) {})) return 0;
  std::string extension = path.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (extension == ".jsonl" || extension == ".ndjson") return 80;
  const auto second = text.find_first_not_of(" \t\r\n", end);
  return second != std::string_view::npos && text[second] == '{' ? 50 : 0;
}
}  // namespace

const ReaderRow& jsonl_reader() {
  static const ReaderRow row{
      .name = "jsonl",
      .summary = "JSON Lines logs: nested fields by path, as series or events, streamed",
      .extensions = {".jsonl", ".ndjson"},
      .options = textlog::log_option_specs(),
      .sniff = sniff_jsonl,
      .episodes = [](const fs::path&) { return std::vector<std::string>{""}; },
      .open = open_jsonl,
      .verify = nullptr};
  return row;
}

}  // namespace reelcell::readers
