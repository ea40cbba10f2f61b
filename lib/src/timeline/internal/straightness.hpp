// Does one straight line hold for the whole of a record? Each block's own offset is held against
// the fit: what a jump, a bend or a drift that was not allowed leaves there has an order in time.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "candidate.hpp"

namespace reelcell::timeline {

/// A block's own offset beside the fitted line.
struct BlockRest {
  double at_ns = 0;     ///< its middle, from the fit's origin
  double rest_ns = 0;   ///< its own offset less the line's
  double error_ns = 0;  ///< standard error, at least
};

/// What fits the blocks' rests better than the line, far beyond their scatter.
struct Departure {
  enum class Kind { kDrift, kJump, kBend };
  Kind kind = Kind::kBend;
  double most_ns = 0;   ///< furthest from the fitted line that it lies
  double drift = 0;     ///< furthest from its rate that it runs, s/s
  double jump_ns = 0;   ///< kJump: by how much
  double where_ns = 0;  ///< kJump: when, from the fit's origin
  double size_ns = 0;   ///< kJump: |jump|; else its range over the record
};
/// Rests in the order of time; nullopt where the line holds. Robust to single wild ones: it takes
/// several in a row to be believed. Scatter is judged by neighbours, so neither a jump nor a bend
/// hides itself.
std::optional<Departure> departure_of(std::vector<BlockRest> rests);

/// A stretch that the fit does not explain, and that has one clear offset elsewhere.
struct Elsewhere {
  double jump_ns = 0;
  double from_ns = 0, to_ns = 0;  ///< from the fit's origin
};

/// The offset that each block prefers on its own. What is given must outlive it.
class OwnOffsets {
 public:
  OwnOffsets(const Fitted& fitted, const Sides& sides, const MeanOf& fast, double origin_ns,
             const MeasureOptions& options);
  /// Of the blocks that show one near the fit.
  std::vector<BlockRest> rests() const;
  /// Of those that do not, several in a row.
  std::optional<Elsewhere> elsewhere() const;

 private:
  std::optional<Peak> peak(std::size_t block) const;
  std::optional<Elsewhere> place(std::size_t first, std::size_t last) const;
  const Fitted& fitted_;
  const Sides& sides_;
  double origin_ns_;
  const MeasureOptions& options_;
  BlockTable table_;  ///< about the fitted line, several widths of the peak to both sides
};

}  // namespace reelcell::timeline
