#include <algorithm>

#include "internal/cursors.hpp"
#include "internal/records.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/model/recording.hpp"
#include "reelcell/textlog/recording.hpp"

namespace reelcell::readers {
namespace {
using namespace csv;

class CsvRecording : public textlog::SingleStreamRecording {
 public:
  CsvRecording(std::shared_ptr<const InputFile> file, std::shared_ptr<const Plan> plan)
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
    const Layout& layout = plan_->layout;
    std::vector<std::int64_t> times;
    for (const auto& row : layout.sample) {
      std::int64_t ns = 0;
      if (plan_->time.parse(textlog::trim(row[plan_->time_column]), &ns)) times.push_back(ns);
    }
    StreamInfo info;
    info.suggested_name = file_->path().stem().string();
    info.columns = plan_->columns;
    info.time_field = layout.names[plan_->time_column];
    info.rate_hz = textlog::rate_of(times);
    info.kind = textlog::likely_kind(plan_->options.any_event_option(), plan_->columns.size(),
                                     plan_->text_columns.size(), info.rate_hz);
    if (!times.empty()) info.first = stream_time(times.front());
    info.last = textlog::find_last(layout.data_offset, file_->size(),
                                   [&](std::uint64_t offset) { return last_from(offset); });
    info.details = {{"time_column", layout.raw_names[plan_->time_column]},
                    {"delimiter", std::string(1, layout.delimiter)},
                    {"header", layout.has_header},
                    {"decimal", layout.decimal_comma ? "comma" : "point"},
                    {"time_unit", to_string(plan_->time.unit)},
                    {"time_unit_assumed", plan_->time_unit_assumed},
                    {"fields", layout.names},
                    {"text_fields", plan_->text_columns},
                    {"bytes", file_->size()}};
    return info;
  }

  /// The last good time behind `offset`. A line that began before it is left out.
  std::optional<StreamTime> last_from(std::uint64_t offset) const {
    Records records(file_, plan_->layout, offset, 1, nullptr);
    std::vector<std::string_view> fields;
    std::optional<StreamTime> last;
    textlog::Line line;
    bool partial = offset > plan_->layout.data_offset;
    while (records.next(line)) {
      if (std::exchange(partial, false)) continue;
      records.split(line, fields);
      std::int64_t ns = 0;
      if (fields.size() >= plan_->layout.width() &&
          plan_->time.parse(textlog::trim(fields[plan_->time_column]), &ns))
        last = stream_time(ns);
    }
    return last;
  }

  std::shared_ptr<const InputFile> file_;
  std::shared_ptr<const Plan> plan_;
};

std::unique_ptr<Recording> open_csv(const OpenRequest& request, Diagnostics& diagnostics) {
  const std::string where = request.path.string();
  return at_place(where, [&]() -> std::unique_ptr<Recording> {
    auto file = std::make_shared<const InputFile>(request.path);
    auto plan = std::make_shared<const Plan>(make_plan(detect_layout(file, request.options),
                                                       textlog::parse_log_options(request.options),
                                                       where, diagnostics));
    return std::make_unique<CsvRecording>(std::move(file), std::move(plan));
  });
}

bool is_text(ByteView head) {
  return std::none_of(head.begin(), head.end(), [](std::uint8_t byte) {
    return byte == 0 || (byte < 32 && byte != '\n' && byte != '\r' && byte != '\t');
  });
}

/// By content alone 35: any table-like text. With the extension 75: nothing else is likely.
int sniff_csv(const fs::path& path, ByteView head) {
  if (head.empty() || !is_text(head)) return 0;
  const std::string_view text = as_text(head);
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos || text[first] == '{' || text[first] == '[' ||
      text[first] == '<')
    return 0;
  std::string extension = path.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (extension == ".csv" || extension == ".tsv") return 75;
  const auto line_end = text.find('\n');
  if (line_end == std::string_view::npos) return 0;
  const auto second_end = std::min(text.find('\n', line_end + 1), text.size());
  for (const char delimiter : {',', ';', '\t', '|'}) {
    const auto in_first =
        std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(line_end), delimiter);
    const auto in_second =
        std::count(text.begin() + static_cast<std::ptrdiff_t>(line_end),
                   text.begin() + static_cast<std::ptrdiff_t>(second_end), delimiter);
    if (in_first > 0 && in_first == in_second) return 35;
  }
  return 0;
}

std::vector<OptionSpec> csv_options() {
  std::vector<OptionSpec> specs = textlog::log_option_specs();
  for (OptionSpec& spec : layout_option_specs()) specs.push_back(std::move(spec));
  return specs;
}
}  // namespace

const ReaderRow& csv_reader() {
  static const ReaderRow row{
      .name = "csv",
      .summary = "CSV and TSV logs: columns by name, as series or events, streamed",
      .extensions = {".csv", ".tsv", ".txt"},
      .options = csv_options(),
      .sniff = sniff_csv,
      .episodes = [](const fs::path&) { return std::vector<std::string>{""}; },
      .open = open_csv,
      .verify = nullptr};
  return row;
}

}  // namespace reelcell::readers
