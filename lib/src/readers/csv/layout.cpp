#include "internal/layout.hpp"

#include <algorithm>
#include <set>

#include "internal/records.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/textlog/fields.hpp"
#include "reelcell/textlog/lines.hpp"

namespace reelcell::readers::csv {
namespace {
using textlog::trim;
constexpr std::size_t kSampleRows = 100;
constexpr char kDelimiters[] = {',', ';', '\t', '|'};

char parse_delimiter(const std::string& text) {
  if (text == "tab" || text == "\t") return '\t';
  if (text == "comma") return ',';
  if (text == "semicolon") return ';';
  if (text == "pipe") return '|';
  if (text.size() != 1 || text == "\"" || text == "\n" || text == "\r")
    throw InputError("option 'delimiter': found " + textlog::shown(text) +
                     ", expected auto, tab or one character such as , ; |");
  return text[0];
}

std::size_t width_with(std::string_view line, char delimiter) {
  std::vector<std::string_view> fields;
  std::string scratch;
  split_record(line, delimiter, fields, scratch);
  return fields.size();
}

/// The delimiter that splits the header into most fields; of equals the one under which the next
/// line has as many.
char detect_delimiter(const std::string& header, const std::string& second) {
  char best = ',';
  std::size_t best_score = 0;
  for (const char delimiter : kDelimiters) {
    const std::size_t width = width_with(header, delimiter);
    const bool agrees = second.empty() || width_with(second, delimiter) == width;
    const std::size_t score = width < 2 ? 0 : 4 * width + (agrees ? 2 * width : 0);
    if (score > best_score) {
      best = delimiter;
      best_score = score;
    }
  }
  return best;
}

bool looks_numeric(std::string_view field, bool decimal_comma) {
  std::string text(trim(field));
  if (decimal_comma) std::replace(text.begin(), text.end(), ',', '.');
  double value = 0;
  std::int64_t ns = 0;
  return textlog::is_missing(text) || textlog::parse_number(text, &value) ||
         parse_time(text, TimeUnit::kRfc3339, &ns) ||
         parse_time(text + "Z", TimeUnit::kRfc3339, &ns);
}

/// "1,25" under another delimiter, and no "1.25" in the same column. Times beside it may well have
/// points.
bool has_decimal_commas(const std::vector<std::vector<std::string>>& rows) {
  std::set<std::size_t> commas, points;
  for (const auto& row : rows)
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string_view text = trim(row[i]);
      if (text.find('.') != std::string_view::npos && looks_numeric(text, false)) points.insert(i);
      if (std::count(text.begin(), text.end(), ',') == 1 && looks_numeric(text, true))
        commas.insert(i);
    }
  return std::any_of(commas.begin(), commas.end(),
                     [&](std::size_t column) { return !points.contains(column); });
}

std::vector<std::string> fields_of(std::string_view record, char delimiter) {
  std::vector<std::string_view> views;
  std::string scratch;
  split_record(record, delimiter, views, scratch);
  return {views.begin(), views.end()};
}

bool is_header(const std::vector<std::string>& fields) {
  // With decimal commas allowed: a row of "1,5" under ';' is data.
  return std::any_of(fields.begin(), fields.end(),
                     [](const std::string& field) { return !looks_numeric(field, true); });
}

void set_names(Layout& layout, std::vector<std::string> raw) {
  while (raw.size() > 1 && trim(raw.back()).empty()) raw.pop_back();
  for (std::size_t i = 0; i < raw.size(); ++i) {
    std::string name(trim(raw[i]));
    if (name.empty()) name = "column_" + std::to_string(i + 1);
    auto [stem, unit] = textlog::split_unit(name);
    layout.places[name].push_back(i);
    if (stem != name) layout.places[stem].push_back(i);
    layout.raw_names.push_back(name);
    layout.names.push_back(std::move(stem));
    layout.units.push_back(std::move(unit));
  }
}

void number_columns(Layout& layout, std::size_t width) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < width; ++i) names.push_back("c" + std::to_string(i));
  set_names(layout, std::move(names));
}

void check_is_text(const InputFile& file) {
  Bytes head(std::min<std::uint64_t>(file.size(), 4096));
  head.resize(file.read_at(0, head));
  if (head.size() >= 2 &&
      ((head[0] == 0xFF && head[1] == 0xFE) || (head[0] == 0xFE && head[1] == 0xFF)))
    throw InputError("is UTF-16 text, expected UTF-8; convert it: iconv -f UTF-16 -t UTF-8");
  if (std::find(head.begin(), head.end(), 0) != head.end())
    throw InputError(
        "holds zero bytes, so it is not a text table; check the file or its \"format\"");
}

struct Head {
  std::string comment;  ///< the last comment line before the first row
  std::string first;
  std::uint64_t first_offset = 0, first_number = 1;
  std::uint64_t after_offset = 0, after_number = 1;
  std::string second;
};

Head read_head(const std::shared_ptr<const InputFile>& file, const std::string& comment) {
  Head head;
  textlog::LineReader lines(file);
  textlog::Line line;
  bool have_first = false;
  while (lines.next(line)) {
    if (trim(line.text).empty()) continue;
    if (!comment.empty() && line.text.starts_with(comment)) {
      if (!have_first) head.comment = line.text.substr(comment.size());
      continue;
    }
    if (have_first) {
      head.second = line.text;
      return head;
    }
    while (open_quote(line.text) && lines.extend(line)) {
    }
    if (line.too_long)
      throw InputError("line " + std::to_string(line.number) +
                       " is longer than 64 MiB; this is not a text table");
    have_first = true;
    head.first = line.text;
    head.first_offset = line.offset;
    head.first_number = line.number;
    head.after_offset = lines.next_offset();
    head.after_number = lines.next_number();
  }
  if (!have_first) throw InputError("holds no rows, expected a header and data");
  return head;
}

void read_sample(Layout& layout, const std::shared_ptr<const InputFile>& file) {
  Records records(file, layout, layout.data_offset, layout.data_line, nullptr);
  std::vector<std::string_view> fields;
  textlog::Line line;
  for (std::size_t tried = 0;
       tried < 10 * kSampleRows && layout.sample.size() < kSampleRows && records.next(line);
       ++tried) {
    records.split(line, fields);
    while (fields.size() > layout.width() && trim(fields.back()).empty()) fields.pop_back();
    if (fields.size() != layout.width() || (!line.terminated && tried > 0)) continue;
    layout.sample.emplace_back(fields.begin(), fields.end());
  }
}
}  // namespace

std::vector<OptionSpec> layout_option_specs() {
  return {{.name = "delimiter",
           .fallback = "auto",
           .help = "Field delimiter: auto (of , ; tab |), tab, or one character"},
          {.name = "header",
           .type = OptionType::kChoice,
           .fallback = "auto",
           .help = "Whether the first line names the columns; without, they are c0, c1, ..",
           .choices = {"auto", "yes", "no"}},
          {.name = "comment_prefix",
           .fallback = "#",
           .help = "Lines that start with it are skipped; empty = none"},
          {.name = "decimal",
           .type = OptionType::kChoice,
           .fallback = "auto",
           .help = "Decimal mark of numbers",
           .choices = {"auto", "point", "comma"}}};
}

Layout detect_layout(const std::shared_ptr<const InputFile>& file, const OptionValues& options) {
  check_is_text(*file);
  Layout layout;
  layout.comment = options.text("comment_prefix");
  const Head head = read_head(file, layout.comment);
  const std::string delimiter = options.text("delimiter");
  layout.delimiter =
      delimiter == "auto" ? detect_delimiter(head.first, head.second) : parse_delimiter(delimiter);
  std::vector<std::string> first = fields_of(head.first, layout.delimiter);
  const std::string header = options.text("header");
  layout.has_header = header == "yes" || (header == "auto" && is_header(first));
  layout.data_offset = layout.has_header ? head.after_offset : head.first_offset;
  layout.data_line = layout.has_header ? head.after_number : head.first_number;
  std::vector<std::string> commented = fields_of(head.comment, layout.delimiter);
  if (layout.has_header) {
    set_names(layout, std::move(first));
  } else if (header == "auto" && !head.comment.empty() && commented.size() == first.size() &&
             is_header(commented)) {
    // "#timestamp [ns],w_x [rad/s]": numpy and others write the header as a comment.
    layout.has_header = true;
    set_names(layout, std::move(commented));
  } else {
    number_columns(layout, first.size());
  }
  read_sample(layout, file);
  const std::string decimal = options.text("decimal");
  layout.decimal_comma = decimal == "comma" || (decimal == "auto" && layout.delimiter != ',' &&
                                                has_decimal_commas(layout.sample));
  return layout;
}

}  // namespace reelcell::readers::csv
