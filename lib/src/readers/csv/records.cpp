#include "internal/records.hpp"

#include <algorithm>
#include <cstring>

#include "reelcell/textlog/fields.hpp"

namespace reelcell::readers::csv {
namespace {
/// A quoted field longer than this is a quote that was never closed.
constexpr std::size_t kMaxQuoted = std::size_t{1} << 20;

/// Walks fields; calls field(view or unescaped text). Returns false when a quote stays open.
template <class Field>
bool walk(std::string_view text, char delimiter, std::string& scratch, Field field) {
  std::size_t at = 0;
  for (;;) {
    std::size_t start = at;
    while (start < text.size() && text[start] == ' ') ++start;
    if (start < text.size() && text[start] == '"') {
      const std::size_t unescaped = scratch.size();
      for (at = start + 1;; ++at) {
        if (at >= text.size()) return false;
        if (text[at] != '"') {
          scratch.push_back(text[at]);
        } else if (at + 1 < text.size() && text[at + 1] == '"') {
          scratch.push_back('"');
          ++at;
        } else {
          break;
        }
      }
      // What stands between the closing quote and the delimiter is kept as it is.
      const std::size_t end = std::min(text.find(delimiter, at + 1), text.size());
      if (const auto rest = textlog::trim(text.substr(at + 1, end - at - 1)); !rest.empty())
        scratch.append(rest);
      field(std::string_view(scratch).substr(unescaped));
      at = end;
    } else {
      const std::size_t end = std::min(text.find(delimiter, at), text.size());
      field(text.substr(at, end - at));
      at = end;
    }
    if (at >= text.size()) return true;
    ++at;
  }
}
}  // namespace

bool split_record(std::string_view record, char delimiter, std::vector<std::string_view>& fields,
                  std::string& scratch) {
  fields.clear();
  scratch.clear();
  scratch.reserve(record.size());  // views into it stay valid
  return walk(record, delimiter, scratch, [&](std::string_view f) { fields.push_back(f); });
}

bool open_quote(std::string_view text, char delimiter) {
  if (!Records::has_quotes(text)) return false;
  std::string scratch;
  if (delimiter) return !walk(text, delimiter, scratch, [](std::string_view) {});
  // The delimiter is not known yet (header): an odd number of quotes.
  return std::count(text.begin(), text.end(), '"') % 2 == 1;
}

Records::Records(std::shared_ptr<const InputFile> file, const Layout& layout, std::uint64_t offset,
                 std::uint64_t line, textlog::LossCounter* losses)
    : lines_(std::move(file), offset, line), layout_(&layout), losses_(losses) {}

bool Records::has_quotes(std::string_view record) {
  return !record.empty() && std::memchr(record.data(), '"', record.size()) != nullptr;
}

bool Records::complete_quotes(textlog::Line& line) {
  if (!has_quotes(line.text) || !open_quote(line.text, layout_->delimiter)) return true;
  while (line.text.size() < kMaxQuoted && lines_.extend(line))
    if (!open_quote(line.text, layout_->delimiter)) return true;
  lines_.shrink(line);
  return false;
}

bool Records::next(textlog::Line& line) {
  while (lines_.next(line)) {
    if (line.text.empty() || textlog::trim(line.text).empty()) continue;
    if (!layout_->comment.empty() && line.text.starts_with(layout_->comment)) continue;
    if (line.too_long) {
      if (losses_)
        losses_->add(Severity::kLoss, "csv-long-line", line.number, [&] {
          return "is longer than 64 MiB and was skipped; it starts with " +
                 textlog::shown(line.text);
        });
      continue;
    }
    if (complete_quotes(line)) return true;
    if (losses_)
      losses_->add(Severity::kLoss, line.terminated ? "csv-unclosed-quote" : "csv-torn-line",
                   line.number, [&] {
                     return "a quoted field is never closed; the line was skipped: " +
                            textlog::shown(line.text);
                   });
  }
  return false;
}

void Records::split(const textlog::Line& line, std::vector<std::string_view>& fields) {
  split_record(line.text, layout_->delimiter, fields, scratch_);
}

}  // namespace reelcell::readers::csv
