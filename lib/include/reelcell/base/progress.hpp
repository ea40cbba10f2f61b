// Where long work reports how far it is. The library only calls; the CLI draws (on a terminal
// only).
#pragma once

#include <cstdint>
#include <string_view>

namespace reelcell {

class Progress {
 public:
  virtual ~Progress() = default;
  /// A new phase with a total in `unit` ("frames", "episodes"); 0 = unknown. Called from any
  /// thread.
  virtual void begin(std::string_view /*phase*/, std::uint64_t /*total*/,
                     std::string_view /*unit*/) {}
  virtual void advance(std::uint64_t /*done*/) {}
  virtual void end() {}
};

}  // namespace reelcell
