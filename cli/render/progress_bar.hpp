// Progress on a terminal's standard error; silent everywhere else.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <string>

#include "reelcell/base/progress.hpp"

namespace reelcell::cli {

class ProgressBar : public Progress {
 public:
  ProgressBar();
  ~ProgressBar() override;
  void begin(std::string_view phase, std::uint64_t total, std::string_view unit) override;
  void advance(std::uint64_t done) override;
  void end() override;

 private:
  void draw(bool last);
  const bool on_;
  std::mutex mutex_;
  std::string phase_, unit_;
  std::uint64_t total_ = 0, done_ = 0;
  std::chrono::steady_clock::time_point started_, drawn_;
  bool active_ = false;
};

}  // namespace reelcell::cli
