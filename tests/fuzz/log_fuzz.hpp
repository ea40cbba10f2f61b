// What the fuzz targets of line-oriented logs share: the input as a file, and reading it in every
// way a session can ask for.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <string>
#include <vector>

#include "reelcell/base/error.hpp"
#include "reelcell/model/recording.hpp"

namespace reelcell::fuzz {

/// A file in memory with a path.
class MemoryFile {
 public:
  MemoryFile(const std::uint8_t* data, std::size_t size) : fd_(memfd_create("fuzz", MFD_CLOEXEC)) {
    if (fd_ < 0 || write(fd_, data, size) != static_cast<ssize_t>(size)) __builtin_trap();
  }
  ~MemoryFile() { close(fd_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  fs::path path() const { return "/proc/self/fd/" + std::to_string(fd_); }

 private:
  int fd_;
};

inline std::uint64_t count_series(const Recording& recording, Diagnostics& diagnostics) {
  const auto cursor = recording.open_series("", diagnostics);
  SeriesBatch batch;
  std::uint64_t rows = 0;
  while (cursor->next(batch)) {
    for (const Column& column : batch.columns)
      if (column.rows() != batch.size()) __builtin_trap();
    rows += batch.size();
  }
  return rows;
}
inline std::uint64_t count_events(const Recording& recording, Diagnostics& diagnostics) {
  const auto cursor = recording.open_events("", diagnostics);
  StreamEvent event;
  std::uint64_t events = 0;
  for (; cursor->next(event); ++events)
    if (event.end < event.time) __builtin_trap();
  return events;
}

/// InputError is the only way to refuse. check(rows, events) holds what must agree.
template <class Check>
void read_log(const ReaderRow& row, const std::vector<Json>& option_sets, const std::uint8_t* data,
              std::size_t size, Check check) {
  static_cast<void>(row.sniff("fuzz", {data, data + size}));
  const MemoryFile file(data, size);
  const Json& options = option_sets[size % option_sets.size()];
  Diagnostics diagnostics;
  try {
    const auto recording =
        row.open({file.path(), "", OptionValues::parse(options, row.options, "fuzz")}, diagnostics);
    const std::uint64_t events = count_events(*recording, diagnostics);
    check(count_series(*recording, diagnostics), events);
  } catch (const InputError&) {
  }
}

}  // namespace reelcell::fuzz
