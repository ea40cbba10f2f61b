// Opening a reader's row directly, for tests of one reader.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "reelcell/model/recording.hpp"
#include "support/support.hpp"

namespace reelcell::test {

inline std::unique_ptr<Recording> open_with(const ReaderRow& row, const fs::path& path,
                                            const Json& options, Diagnostics& diagnostics) {
  return row.open({path, "", OptionValues::parse(options, row.options, "session.json: /options")},
                  diagnostics);
}

/// A text file in a folder of its own.
class TextFile {
 public:
  TextFile(const std::string& name, std::string_view content) : path_(folder_ / name) {
    write_file_atomic(path_, content);
  }
  const fs::path& path() const { return path_; }

 private:
  TempFolder folder_;
  fs::path path_;
};

/// All batches of a series in one.
inline SeriesBatch read_all(SeriesCursor& cursor) {
  SeriesBatch all, batch;
  for (const ColumnSpec& spec : cursor.columns())
    all.columns.push_back({spec, empty_data(spec.dtype)});
  while (cursor.next(batch)) {
    all.times.insert(all.times.end(), batch.times.begin(), batch.times.end());
    for (std::size_t c = 0; c < all.columns.size(); ++c)
      all.columns[c].append_rows(batch.columns[c], 0, batch.size());
  }
  return all;
}
inline std::vector<StreamEvent> read_all(EventCursor& cursor) {
  std::vector<StreamEvent> all;
  StreamEvent event;
  while (cursor.next(event)) all.push_back(event);
  return all;
}
inline std::vector<std::int64_t> nanos(const std::vector<StreamTime>& times) {
  std::vector<std::int64_t> ns;
  for (const StreamTime t : times) ns.push_back(ns_of(t));
  return ns;
}
inline std::string message_of(const Diagnostics& diagnostics, std::string_view code) {
  for (const Diagnostic& entry : diagnostics.summary())
    if (entry.code == code) return entry.message;
  return "";
}

}  // namespace reelcell::test
