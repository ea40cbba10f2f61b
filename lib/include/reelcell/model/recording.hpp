// What a reader gives: one opened file or folder with its streams. And the row by which it
// registers.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "reelcell/base/diagnostics.hpp"
#include "reelcell/base/file.hpp"
#include "reelcell/base/options.hpp"
#include "reelcell/model/finding.hpp"
#include "reelcell/model/session.hpp"

namespace reelcell {

/// A stream as the file itself describes it. Times and counts that cannot be had cheaply are left
/// out.
struct StreamInfo {
  std::string item;  ///< how StreamSource::item addresses it
  std::string suggested_name;
  StreamKind kind = StreamKind::kSeries;
  std::vector<ColumnSpec> columns;   ///< series
  std::optional<VideoFormat> video;  ///< video
  std::optional<std::uint64_t> count;
  std::optional<StreamTime> first, last;
  std::optional<double> rate_hz;
  /// Video in a file that is too large to be listed in a moment: the frames its tables name, or its
  /// first ones when `count` is not known. Null where VideoSource::frames() is cheap.
  std::shared_ptr<const FrameTable> glance;
  std::string time_field;
  Json details =
      Json::object();  ///< format-specific: encoding, schema, codec, key-frame spacing, ..
};

/// One opened source. Immutable after opening; cursors are independent and may live on different
/// threads. A cursor borrows nothing from its caller but the Diagnostics, which must outlive it.
class Recording {
 public:
  virtual ~Recording() = default;
  virtual const std::vector<StreamInfo>& streams() const = 0;
  /// Attributes the file states of itself (robot type, profile, task text, ..).
  virtual std::vector<std::pair<std::string, Value>> attributes() const { return {}; }
  /// Each throws InputError for an item that does not exist or is of another kind.
  virtual std::unique_ptr<SeriesCursor> open_series(const std::string& item,
                                                    Diagnostics& diagnostics) const = 0;
  virtual std::unique_ptr<EventCursor> open_events(const std::string& item,
                                                   Diagnostics& diagnostics) const = 0;
  virtual std::shared_ptr<VideoSource> open_video(const std::string& item,
                                                  Diagnostics& diagnostics) const = 0;
  /// Times of a stream's samples, in order, as an index of the file tells them without the samples
  /// being read; nullopt where none does.
  virtual std::optional<std::vector<StreamTime>> indexed_times(const std::string& /*item*/) const {
    return std::nullopt;
  }
};

struct OpenRequest {
  fs::path path;        ///< absolute or relative to the working folder
  std::string episode;  ///< of a data set, "" otherwise
  OptionValues options;
  /// Only what the file holds is asked for: a large file that would have to be read through may be
  /// told by its indexes, with a note.
  bool survey = false;
};

/// Row of the reader table. Everything about a format that others may know.
struct ReaderRow {
  std::string name;                     ///< "csv"
  std::string summary;                  ///< one line for `reelcell formats`
  std::vector<std::string> extensions;  ///< lower case with dot
  std::vector<OptionSpec> options;
  /// How sure, 0..100, from the first bytes (up to 64 KiB; empty for a folder) and the path. No I/O
  /// beyond the path's neighbours.
  int (*sniff)(const fs::path& path, ByteView head) = nullptr;
  /// Sessions inside: {""} for most; a data set lists its episodes ("episode_000003").
  std::vector<std::string> (*episodes)(const fs::path& path) = nullptr;
  std::unique_ptr<Recording> (*open)(const OpenRequest& request,
                                     Diagnostics& diagnostics) = nullptr;
  /// In-depth check for `validate`; nullptr when reading it through is the check.
  void (*verify)(const fs::path& path, const VerifyOptions& options, Findings& findings) = nullptr;
  /// The files beside `path` that these options have it read; a change of one is a change of the
  /// input. nullptr: none. Reads nothing.
  std::vector<SourceFile> (*files_of)(const fs::path& path, const OptionValues& options) = nullptr;
};

}  // namespace reelcell
