// Where the robot is at every instant: the planned points, the order in which they are visited,
// joint trajectories between them, and the arm's kinematics.
//
// The arm is simple enough to be solved in closed form and rich enough that all seven joints move:
// q1, q2 turn two links in the plane of the seat; q3 raises the head; q4 turns it against the
// links; q5, q6 tilt it; q7 turns the light ring. Lengths in m, angles in rad.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "options.hpp"

namespace reelcell::sample {

using Joints = std::array<double, 7>;

/// In the plane of the seat: u to the right, v upwards from the front edge of the cushion, h away
/// from the surface.
struct Pose {
  double u = 0, v = 0, h = 0;
  double tilt_u = 0, tilt_v = 0, roll = 0;
};

/// What a joint configuration means in space.
struct ArmState {
  double base_u = 0, base_v = 0, elbow_u = 0, elbow_v = 0;
  double head_u = 0, head_v = 0, head_h = 0;
  double aim_u = 0, aim_v = 0;  ///< where the optical axis meets the seat
  double turn = 0;              ///< of the wrist camera's picture
};
ArmState forward(const Joints& q);
Joints inverse(const Pose& pose);

struct PlannedPoint {
  std::string id;
  int order = 0;
  Pose pose;
  std::string defect;  ///< truth; "" = none
};

struct Visit {
  int point = 0;  ///< index into the plan
  std::int64_t start_ns = 0, end_ns = 0;
  Joints q{};
};

struct Move {
  std::int64_t start_ns = 0, end_ns = 0;
  Joints from{}, to{};
  bool long_move = false;
};

struct Motion {
  std::vector<PlannedPoint> plan;
  std::vector<Visit> visits;
  std::vector<Move> moves;
  std::int64_t duration_ns = 0;

  Joints position(double t_ns) const;
  Joints velocity(double t_ns) const;      ///< rad/s
  Joints acceleration(double t_ns) const;  ///< rad/s^2
};

/// Throws PlanError when the points do not fit into the duration.
Motion make_motion(const Options& options);

}  // namespace reelcell::sample
