#include "motion.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "random.hpp"
#include "reelcell/base/error.hpp"

namespace reelcell::sample {
namespace {

constexpr double kBaseU = 0.0, kBaseV = 1.2;
constexpr double kUpperArm = 0.70, kForearm = 0.65;
constexpr double kRestHeight = 0.20, kLift = 0.12;
constexpr int kColumns = 7;

/// Distance covered at a share `s` of a move's time, both 0..1.
double progress(double s, bool long_move) {
  if (s <= 0) return 0;
  if (s >= 1) return 1;
  if (!long_move) return s * s * s * (10 + s * (-15 + 6 * s));  // minimum jerk
  constexpr double kBlend = 0.3;  // trapezoid of speed: share of the time spent in each ramp
  constexpr double kPeak = 1 / (1 - kBlend);
  if (s < kBlend) return kPeak * s * s / (2 * kBlend);
  if (s > 1 - kBlend) return 1 - kPeak * (1 - s) * (1 - s) / (2 * kBlend);
  return kPeak * (s - kBlend / 2);
}

double distance(const Joints& a, const Joints& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return std::sqrt(sum);
}

std::vector<PlannedPoint> make_plan(const Options& options) {
  Random random(options.seed, 1);
  const char* kDefects[] = {"loose_stitch", "wrinkle", "stain", "hole"};
  const int rows = (options.points + kColumns - 1) / kColumns;
  std::vector<PlannedPoint> plan;
  for (int i = 0; i < options.points; ++i) {
    const int row = i / kColumns;
    const int column = row % 2 ? kColumns - 1 - i % kColumns : i % kColumns;  // to and fro
    PlannedPoint point;
    point.id = fmt::format("P{:03d}", i + 1);
    point.pose.u = -0.24 + 0.08 * column;
    point.pose.v = 0.06 + 0.88 * row / std::max(1, rows - 1);
    point.pose.h = kRestHeight;
    const double du = random.normal(), dv = random.normal(), dh = random.uniform(-0.03, 0.03);
    const double tu = random.uniform(-0.12, 0.12), tv = random.uniform(-0.12, 0.12);
    const double roll = random.uniform(-0.3, 0.3);
    if (!options.periodic) {
      point.pose.u += std::clamp(0.008 * du, -0.015, 0.015);
      point.pose.v += std::clamp(0.008 * dv, -0.015, 0.015);
      point.pose.h += dh;
      point.pose.tilt_u = tu;
      point.pose.tilt_v = tv;
      point.pose.roll = roll;
    }
    const bool bad = random.chance(options.ng_rate);
    const int kind = random.index(4);
    if (bad) point.defect = kDefects[kind];
    plan.push_back(point);
  }
  return plan;
}

/// Bursts keep to neighbouring points; the bursts themselves come in a shuffled order, as a cell
/// planner does to let the surface settle, which makes the moves between them long.
std::vector<int> planned_order(const Options& options) {
  std::vector<std::vector<int>> bursts;
  for (int i = 0; i < options.points; ++i) {
    if (i % options.burst == 0) bursts.emplace_back();
    bursts.back().push_back(i);
  }
  Random random(options.seed, 2);
  if (!options.periodic) random.shuffle(bursts);
  std::vector<int> order;
  for (const auto& burst : bursts) order.insert(order.end(), burst.begin(), burst.end());
  return order;
}

/// What was really visited: the plan with points left out, done twice or in the wrong order.
std::vector<int> visited_order(const Options& options, std::vector<int> order) {
  Random random(options.seed, 3);
  for (int i = 0; i < options.swap && order.size() > 1; ++i) {
    const auto at = static_cast<std::size_t>(random.index(static_cast<int>(order.size()) - 1));
    std::swap(order[at], order[at + 1]);
  }
  for (int i = 0; i < options.skip && order.size() > 1; ++i)
    order.erase(order.begin() + random.index(static_cast<int>(order.size())));
  for (int i = 0; i < options.repeat; ++i) {
    const int at = random.index(static_cast<int>(order.size()));
    order.insert(order.begin() + at, order[static_cast<std::size_t>(at)]);
  }
  return order;
}

struct Timing {
  std::int64_t move_ns = 0, dwell_ns = 0;
  bool long_move = false;
};

/// Move and dwell times that fill the duration. `rest_ns` is left idle at the start and at the end.
std::vector<Timing> make_timing(const Options& options, std::size_t visits, std::int64_t rest_ns) {
  Random random(options.seed, 4);
  const double total = options.duration * 1e9 - 2.0 * static_cast<double>(rest_ns);
  std::vector<Timing> timing(visits);
  if (options.periodic) {
    const auto cycle = static_cast<std::int64_t>(total / static_cast<double>(visits));
    for (auto& t : timing) t = {cycle - 90'000'000, 90'000'000, false};
    if (cycle < 130'000'000)
      throw PlanError(
          fmt::format("{} points in {} s leave {} ms a point, at least 130 ms are "
                      "needed. Raise --duration or lower --points.",
                      visits, options.duration, cycle / 1'000'000));
    return timing;
  }
  double left = total;
  std::vector<double> shares;
  for (std::size_t i = 0; i < visits; ++i) {
    const auto dwell = std::llround(random.uniform(60e6, 120e6));
    timing[i].dwell_ns = dwell;
    timing[i].long_move = i % static_cast<std::size_t>(options.burst) == 0;
    if (timing[i].long_move) {
      shares.push_back(random.uniform(0.7, 1.3));
    } else {
      timing[i].move_ns =
          std::max<std::int64_t>(std::llround(options.cycle_ms * 1e6) - dwell, 60'000'000);
    }
    left -= static_cast<double>(timing[i].move_ns + dwell);
  }
  double sum = random.uniform(0.7, 1.3);  // the way home
  for (const double share : shares) sum += share;
  if (left / sum < 0.15e9)
    throw PlanError(fmt::format(
        "{} points in {} s leave {:.0f} ms for a long move, at least 150 ms are needed. Raise "
        "--duration, lower --points or --cycle-ms.",
        visits, options.duration, left / sum / 1e6));
  std::size_t next = 0;
  for (auto& t : timing)
    if (t.long_move) t.move_ns = static_cast<std::int64_t>(left * shares[next++] / sum);
  return timing;
}

}  // namespace

ArmState forward(const Joints& q) {
  ArmState s;
  s.base_u = kBaseU;
  s.base_v = kBaseV;
  s.elbow_u = kBaseU + kUpperArm * std::sin(q[0]);
  s.elbow_v = kBaseV - kUpperArm * std::cos(q[0]);
  s.head_u = s.elbow_u + kForearm * std::sin(q[0] + q[1]);
  s.head_v = s.elbow_v - kForearm * std::cos(q[0] + q[1]);
  s.head_h = kRestHeight + kLift * std::sin(q[2]);
  s.aim_u = s.head_u + s.head_h * std::tan(q[4]);
  s.aim_v = s.head_v + s.head_h * std::tan(q[5]);
  s.turn = q[0] + q[1] + q[3];
  return s;
}

Joints inverse(const Pose& pose) {
  const double u = pose.u - pose.h * std::tan(pose.tilt_u) - kBaseU;
  const double v = kBaseV - (pose.v - pose.h * std::tan(pose.tilt_v));
  const double reach2 = u * u + v * v;
  const double bend =
      (reach2 - kUpperArm * kUpperArm - kForearm * kForearm) / (2 * kUpperArm * kForearm);
  Joints q{};
  q[1] = -std::acos(std::clamp(bend, -1.0, 1.0));
  q[0] = std::atan2(u, v) -
         std::atan2(kForearm * std::sin(q[1]), kUpperArm + kForearm * std::cos(q[1]));
  q[2] = std::asin(std::clamp((pose.h - kRestHeight) / kLift, -1.0, 1.0));
  q[3] = pose.roll - q[0] - q[1];
  q[4] = pose.tilt_u;
  q[5] = pose.tilt_v;
  q[6] = 0.5 * pose.roll;
  return q;
}

Joints Motion::position(double t_ns) const {
  // The last move that has begun; before the first one the arm rests where that one starts.
  auto it = std::upper_bound(moves.begin(), moves.end(), t_ns, [](double t, const Move& m) {
    return t < static_cast<double>(m.start_ns);
  });
  if (it == moves.begin()) return moves.front().from;
  const Move& m = *--it;
  const double s =
      (t_ns - static_cast<double>(m.start_ns)) / static_cast<double>(m.end_ns - m.start_ns);
  const double p = progress(s, m.long_move);
  Joints q;
  for (std::size_t i = 0; i < q.size(); ++i) q[i] = m.from[i] + (m.to[i] - m.from[i]) * p;
  const double far = std::min(1.0, distance(m.from, m.to));
  if (s < 1) {
    const double lift = std::sin(std::numbers::pi * s);
    q[2] += (m.long_move ? 0.5 : 0.1) * far * lift * lift;  // up on the way, to stay clear
  } else {
    // The structure rings for a moment after it stopped: 22 Hz, gone after some 50 ms.
    const double after = (t_ns - static_cast<double>(m.end_ns)) * 1e-9;
    const double ring =
        4e-4 * far * std::exp(-after / 0.015) * std::sin(2 * std::numbers::pi * 22 * after);
    q[0] += ring;
    q[1] -= 0.6 * ring;
  }
  return q;
}

Joints Motion::velocity(double t_ns) const {
  constexpr double kStep = 20'000;  // ns
  const Joints a = position(t_ns - kStep), b = position(t_ns + kStep);
  Joints v;
  for (std::size_t i = 0; i < v.size(); ++i) v[i] = (b[i] - a[i]) / (2 * kStep * 1e-9);
  return v;
}

Joints Motion::acceleration(double t_ns) const {
  constexpr double kStep = 500'000;  // ns
  const Joints a = velocity(t_ns - kStep), b = velocity(t_ns + kStep);
  Joints acceleration;
  for (std::size_t i = 0; i < a.size(); ++i) acceleration[i] = (b[i] - a[i]) / (2 * kStep * 1e-9);
  return acceleration;
}

Motion make_motion(const Options& options) {
  Motion motion;
  motion.duration_ns = std::llround(options.duration * 1e9);
  motion.plan = make_plan(options);
  const std::vector<int> planned = planned_order(options);
  for (std::size_t i = 0; i < planned.size(); ++i)
    motion.plan[static_cast<std::size_t>(planned[i])].order = static_cast<int>(i);
  const std::vector<int> order = visited_order(options, planned);
  // Strictly periodic sessions have no start or end of motion to hold on to.
  const std::int64_t rest_ns = options.periodic ? 0 : 600'000'000;
  const std::vector<Timing> timing = make_timing(options, order.size(), rest_ns);
  const Joints home = inverse({0.0, 0.5, 0.28, 0, 0, 0});
  Joints at =
      options.periodic ? inverse(motion.plan[static_cast<std::size_t>(order.back())].pose) : home;
  std::int64_t now = rest_ns;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const Joints target = inverse(motion.plan[static_cast<std::size_t>(order[i])].pose);
    motion.moves.push_back({now, now + timing[i].move_ns, at, target, timing[i].long_move});
    now += timing[i].move_ns;
    motion.visits.push_back({order[i], now, now + timing[i].dwell_ns, target});
    now += timing[i].dwell_ns;
    at = target;
  }
  if (!options.periodic)
    motion.moves.push_back({now, motion.duration_ns - rest_ns, at, home, true});
  return motion;
}

}  // namespace reelcell::sample
