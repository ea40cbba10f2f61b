#include "internal/frame_stamps.hpp"

#include <algorithm>

#include "reelcell/base/error.hpp"

namespace reelcell::readers::video {

namespace {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kOuter = " \t\r\"";
  const std::size_t first = text.find_first_not_of(kOuter);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kOuter) - first + 1);
}

std::vector<std::string_view> fields_of(std::string_view line, char delimiter) {
  std::vector<std::string_view> out;
  for (;;) {
    const std::size_t end = line.find(delimiter);
    out.push_back(trimmed(line.substr(0, end)));
    if (end == std::string_view::npos) return out;
    line.remove_prefix(end + 1);
  }
}

std::string_view next_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

/// The delimiter that the header line uses most.
char delimiter_of(std::string_view header) {
  char best = ',';
  for (const char candidate : {';', '\t'})
    if (std::count(header.begin(), header.end(), candidate) >
        std::count(header.begin(), header.end(), best))
      best = candidate;
  return best;
}

std::size_t column_of(std::string_view header, char delimiter, const StampOptions& options) {
  std::vector<std::string> names;
  for (const std::string_view name : fields_of(header, delimiter)) {
    if (name == options.column) return names.size();
    names.emplace_back(name);
  }
  throw InputError(options.file.string(),
                   "line 1: " + unknown_name("column", options.column, names) +
                       " Set \"times_column\" to the column that holds the frame's time.");
}

class StampedSource : public VideoSource {
 public:
  StampedSource(std::shared_ptr<VideoSource> source, FrameTable table)
      : source_(std::move(source)), table_(std::move(table)) {}
  const VideoFormat& format() const override { return source_->format(); }
  const FrameTable& frames() const override { return table_; }
  std::unique_ptr<PacketCursor> packets_from(std::uint32_t packet_ordinal) const override {
    return source_->packets_from(packet_ordinal);
  }
  std::string describe() const override { return source_->describe(); }

 private:
  std::shared_ptr<VideoSource> source_;
  FrameTable table_;
};

}  // namespace

std::vector<StreamTime> read_stamps(const StampOptions& options) {
  const std::string content = read_text_file(options.file);
  std::string_view text = content;
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  const std::string_view header = next_line(text);
  const char delimiter = delimiter_of(header);
  const std::size_t column = column_of(header, delimiter, options);
  std::vector<StreamTime> stamps;
  for (std::size_t line = 2; !text.empty(); ++line) {
    const std::string_view row = next_line(text);
    if (trimmed(row).empty()) continue;
    const auto fields = fields_of(row, delimiter);
    const std::string_view field = column < fields.size() ? fields[column] : std::string_view();
    const std::string where = options.file.string() + ": line " + std::to_string(line);
    std::int64_t ns = 0;
    if (!parse_time(field, options.unit, &ns))
      throw InputError(where, "found '" + std::string(field.substr(0, 60)) + "' in column '" +
                                  options.column + "', expected a time in " +
                                  std::string(to_string(options.unit)));
    if (!stamps.empty() && StreamTime(Nanos(ns)) <= stamps.back())
      throw InputError(
          where, "the stamp " + format_seconds(Nanos(ns)) +
                     " s is not later than the one before it (" +
                     format_seconds(stamps.back().time_since_epoch()) +
                     " s); frames are in time order, so this is another column or a broken log");
    stamps.emplace_back(Nanos(ns));
  }
  return stamps;
}

std::shared_ptr<VideoSource> with_stamps(std::shared_ptr<VideoSource> source,
                                         std::vector<StreamTime> stamps,
                                         const StampOptions& options) {
  FrameTable table = source->frames();
  const std::size_t frames = table.frames.size();
  if (stamps.size() != frames)
    throw InputError(
        options.file.string(),
        "holds " + std::to_string(stamps.size()) + " stamps, but " + source->describe() +
            " shows " + std::to_string(frames) + " frames; with " +
            std::to_string(std::max(stamps.size(), frames) - std::min(stamps.size(), frames)) +
            " unmatched, which stamp belongs to which frame is not known and times are never "
            "stretched. "
            "Leave out the rows of lost frames, or remove \"times\" to use the video's own times");
  for (std::size_t i = 0; i < frames; ++i) table.frames[i].time = stamps[i];
  table.times_from_container = false;
  return std::make_shared<StampedSource>(std::move(source), std::move(table));
}

}  // namespace reelcell::readers::video
