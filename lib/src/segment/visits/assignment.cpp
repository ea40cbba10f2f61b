#include "assignment.hpp"

#include <algorithm>

namespace reelcell::segment::visits {
namespace {
using Maybe = std::optional<std::size_t>;
using Edges = std::vector<std::vector<std::size_t>>;

class Pairing {
 public:
  Pairing(const Edges& edges, std::size_t rights)
      : edges_(edges),
        back_(rights),
        right_of_(edges.size()),
        left_of_(rights),
        seen_(rights, 0),
        from_(rights, 0),
        open_(edges.size(), false) {
    for (std::size_t left = 0; left < edges.size(); ++left)
      for (const std::size_t right : edges[left]) back_[right].push_back(left);
  }

  std::vector<Maybe> forced() {
    for (std::size_t left = 0; left < edges_.size(); ++left) augment(left);
    open_from_unpaired_lefts();
    open_from_unpaired_rights();
    return peel();
  }

 private:
  /// A path from an unpaired left one over pairs that can give way to a free right one.
  void augment(std::size_t start) {
    std::vector<std::size_t> queue{start};
    ++round_;
    for (std::size_t next = 0; next < queue.size(); ++next) {
      for (const std::size_t right : edges_[queue[next]]) {
        if (seen_[right] == round_) continue;
        seen_[right] = round_;
        from_[right] = queue[next];
        if (left_of_[right]) {
          queue.push_back(*left_of_[right]);
        } else {
          flip(start, right);
          return;
        }
      }
    }
  }
  void flip(std::size_t start, std::size_t right) {
    for (;;) {
      const std::size_t left = from_[right];
      const Maybe before = right_of_[left];
      right_of_[left] = right;
      left_of_[right] = left;
      if (left == start) return;
      right = *before;
    }
  }
  /// What an unpaired left one could take, its owner could lose.
  void open_from_unpaired_lefts() {
    std::vector<std::size_t> queue;
    for (std::size_t left = 0; left < edges_.size(); ++left)
      if (!right_of_[left]) queue.push_back(left);
    for (std::size_t next = 0; next < queue.size(); ++next) {
      for (const std::size_t right : edges_[queue[next]]) {
        const std::size_t owner = *left_of_[right];  // a free one would have been paired
        if (open_[owner]) continue;
        open_[owner] = true;
        queue.push_back(owner);
      }
    }
  }
  /// Who could take an unpaired right one leaves its own to others.
  void open_from_unpaired_rights() {
    std::vector<bool> reached(back_.size(), false);
    std::vector<std::size_t> queue;
    for (std::size_t right = 0; right < back_.size(); ++right)
      if (!left_of_[right]) queue.push_back(right), reached[right] = true;
    for (std::size_t next = 0; next < queue.size(); ++next) {
      for (const std::size_t left : back_[queue[next]]) {
        open_[left] = true;
        const Maybe own = right_of_[left];
        if (!own || reached[*own]) continue;
        reached[*own] = true;
        queue.push_back(*own);
      }
    }
  }
  /// Among the rest all are paired: whoever has no other choice left, on either side, is forced.
  /// Cycles of equal pairings remain.
  std::vector<Maybe> peel() {
    std::vector<std::size_t> choices(edges_.size(), 0), wooers(back_.size(), 0);
    const auto in = [&](std::size_t left) { return right_of_[left] && !open_[left]; };
    for (std::size_t left = 0; left < edges_.size(); ++left) {
      if (!in(left)) continue;
      for (const std::size_t right : edges_[left])
        if (left_of_[right] && in(*left_of_[right])) ++choices[left], ++wooers[right];
    }
    std::vector<Maybe> result(edges_.size());
    std::vector<std::size_t> queue;
    const auto ready = [&](std::size_t left) {
      return in(left) && !result[left] && (choices[left] == 1 || wooers[*right_of_[left]] == 1);
    };
    const auto settle = [&](std::size_t left) {
      if (!ready(left)) return;
      result[left] = right_of_[left];
      queue.push_back(left);
    };
    for (std::size_t left = 0; left < edges_.size(); ++left) settle(left);
    for (std::size_t next = 0; next < queue.size(); ++next) {
      const std::size_t left = queue[next], right = *right_of_[left];
      for (const std::size_t other : back_[right]) --choices[other], settle(other);
      for (const std::size_t other : edges_[left]) {
        if (!left_of_[other]) continue;
        --wooers[other];
        settle(*left_of_[other]);
      }
    }
    return result;
  }

  const Edges& edges_;
  Edges back_;
  std::vector<Maybe> right_of_, left_of_;
  std::vector<std::size_t> seen_, from_;
  std::size_t round_ = 0;
  std::vector<bool> open_;
};
}  // namespace

std::vector<Maybe> forced_pairs(const Edges& edges, std::size_t rights) {
  return Pairing(edges, rights).forced();
}

}  // namespace reelcell::segment::visits
