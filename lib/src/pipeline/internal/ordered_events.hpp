// The events of one stream in time order, whatever their order in the file.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "reelcell/base/diagnostics.hpp"
#include "reelcell/base/spill_file.hpp"
#include "reelcell/model/series.hpp"

namespace reelcell::pipeline {

/// Reads the stream once. Up to `memory` bytes of events are held, sorted; a larger stream that is
/// in order is read from its file each time, one that is not is sorted on disk (TMPDIR). Events of
/// the same time keep the order of the file. Those that come later than the reorder window are put
/// in their place too and counted ("event-late", a warning). Lost are only the few that lie more
/// than a day before or after all others ("time-outlier"). Immutable: cursors may live on different
/// threads, and need this object to outlive them.
class OrderedEvents {
 public:
  static constexpr std::uint64_t kMemory = 32 << 20;
  using Open = std::function<std::unique_ptr<EventCursor>(Diagnostics&)>;
  OrderedEvents(Open open, Nanos reorder_window, std::string where, Diagnostics& diagnostics,
                std::uint64_t memory = kMemory);
  std::unique_ptr<EventCursor> open(Diagnostics& diagnostics) const;
  /// Earliest and latest time of what open() gives.
  struct Extent {
    StreamTime first{}, last{};
  };
  const std::optional<Extent>& extent() const { return extent_; }
  bool on_disk() const { return spill_ != nullptr; }

 private:
  struct Run {
    std::uint64_t begin = 0, end = 0;  ///< in the spill file
  };
  class Held;
  class Within;
  class Merged;
  void sort_on_disk(std::uint64_t memory);
  void spill(std::vector<StreamEvent>& events);
  Open open_;
  std::string where_;
  bool held_ = true;
  std::vector<StreamEvent> events_;
  std::vector<Run> runs_;
  std::unique_ptr<SpillFile> spill_;
  std::optional<Extent> extent_;
};

}  // namespace reelcell::pipeline
