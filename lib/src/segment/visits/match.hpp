// Which stop was a visit to which planned point.
#pragma once

#include <optional>
#include <vector>

#include "plan.hpp"

namespace reelcell::segment::visits {

struct Stop {
  SessionTime middle{};
  std::vector<double> pose;
  bool pass = false;  ///< the robot only slowed down
  std::string named;  ///< point that the controller says it is at; "" = it says none
};

enum class Order { kPlanned, kRepeated, kOutOfOrder, kUnplanned };
const char* to_string(Order order);

struct Match {
  Order order = Order::kUnplanned;
  std::size_t point = 0;  ///< into Plan::points; for kUnplanned the nearest one
  double distance = 0;    ///< to it, in the column's unit
  /// How much further the nearest other point is; negative when that one is nearer, infinite when
  /// there is no other.
  double margin = 0;
  /// What chose the point among those whose poses cannot be told apart here: "order", "time" or
  /// "step"; "pose" where there was no choice.
  const char* by = "pose";
  /// Into Plan::points: those that it may as well be, the chosen one among them, where nothing
  /// decides; else empty.
  std::vector<std::size_t> ambiguous;
};

struct MatchRequest {
  double tolerance = 0;         ///< a stop further than this from a point is no visit to it
  double pass_tolerance = 0;    ///< the same of a slow pass
  std::vector<double> weights;  ///< of the elements in the distance; empty = all 1
  double time_weight = 0.5;     ///< of the time prior against the pose, 0..1; 0 = off
};

double pose_distance(const std::vector<double>& a, const std::vector<double>& b,
                     const std::vector<double>& weights);
/// Half the median distance from a point to its nearest neighbour: beyond it a stop is nearer to
/// another point. 1 when there is one point, or all are the same.
double default_tolerance(const Plan& plan, const std::vector<double>& weights);

/// One match a stop, stops in time order. A stop can only be a visit to the nearest point, or to
/// one whose pose cannot be told from it: not further away than the nearest by more than the stops
/// lie from their points anyway (six times the median). Among these the cheapest alignment of stops
/// and points that keeps both orders (Needleman and Wunsch 1970): a pair costs its distance in
/// tolerances, a stop or a point left over costs 1. Times of the pairs whose pose leaves no doubt
/// then give each point an expected time, and the alignment is made again with the deviation from
/// it as a second cost where poses cannot be told apart. What is left over is a repeated visit, a
/// visit out of order, or no visit.
/// Throws InputError when stops x points is beyond 10^8.
std::vector<Match> match_stops(const std::vector<Stop>& stops, const Plan& plan,
                               const MatchRequest& request);

}  // namespace reelcell::segment::visits
