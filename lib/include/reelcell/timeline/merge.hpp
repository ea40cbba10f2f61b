// Ordered merge of streams in bounded memory.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "reelcell/base/time.hpp"

namespace reelcell::timeline {

/// One sample position in the merged order. Ties: stream number, then order within the stream.
struct MergedSample {
  std::size_t stream = 0;
  StreamTime time{};
  std::uint64_t ordinal = 0;  ///< within the stream
};

/// Pull merge of N sources that share a clock, each in time order. Holds one pending sample a
/// stream: a source has been asked for its next sample when next() gives the one before. Throws
/// InputError naming the stream, the time and its predecessor when a source goes back in time.
class MergeQueue {
 public:
  /// `next` gives the stream's next time or nothing at its end.
  using Source = std::function<std::optional<StreamTime>()>;
  void add(std::string name, Source next);
  bool next(MergedSample& sample);

 private:
  struct Entry;
  std::vector<std::shared_ptr<Entry>> entries_;
  bool started_ = false;
  std::vector<std::size_t> heap_;
};

}  // namespace reelcell::timeline
