#include "render/progress_bar.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace reelcell::cli {

ProgressBar::ProgressBar() : on_(::isatty(STDERR_FILENO) == 1) {}
ProgressBar::~ProgressBar() { end(); }

void ProgressBar::begin(std::string_view phase, std::uint64_t total, std::string_view unit) {
  end();
  const std::lock_guard lock(mutex_);
  phase_ = phase;
  unit_ = unit;
  total_ = total;
  done_ = 0;
  started_ = drawn_ = std::chrono::steady_clock::now();
  active_ = true;
}

void ProgressBar::advance(std::uint64_t done) {
  if (!on_) return;
  const std::lock_guard lock(mutex_);
  done_ = std::max(done_, done);
  const auto now = std::chrono::steady_clock::now();
  if (!active_ || now - drawn_ < std::chrono::milliseconds(100)) return;
  drawn_ = now;
  draw(false);
}

void ProgressBar::end() {
  const std::lock_guard lock(mutex_);
  if (active_ && on_ && drawn_ != started_) draw(true);
  active_ = false;
}

void ProgressBar::draw(bool last) {
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - started_).count();
  std::string line = fmt::format("\r{} {}", phase_, done_);
  if (total_) {
    constexpr std::uint64_t kCells = 30;
    const std::uint64_t cells = std::min(kCells, done_ * kCells / total_);
    line += fmt::format("/{} {} [{}{}]", total_, unit_, std::string(cells, '#'),
                        std::string(kCells - cells, '.'));
    if (done_ && !last)
      line += fmt::format(" {:.0f} s left", seconds * static_cast<double>(total_ - done_) /
                                                static_cast<double>(done_));
  } else {
    line += " " + unit_;
  }
  std::fputs((line + "\x1b[K" + (last ? "\r\x1b[K" : "")).c_str(), stderr);
  std::fflush(stderr);
}

}  // namespace reelcell::cli
