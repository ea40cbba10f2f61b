// Parameters of a made session, as the command line sets them.
#pragma once

#include <cstdint>
#include <string>

namespace reelcell::sample {

struct Options {
  std::string out;
  std::uint64_t seed = 1;

  int points = 105;       ///< planned points on the seat
  double duration = 40;   ///< s
  int burst = 5;          ///< points visited in one go
  double cycle_ms = 200;  ///< one point within a burst: move + dwell
  bool periodic = false;  ///< same cycle throughout, nothing else moves: correlation is ambiguous
  int skip = 0;           ///< planned points never visited
  int repeat = 0;         ///< points visited twice
  int swap = 0;           ///< neighbours visited in the wrong order

  double front_fps = 30, wrist_fps = 25;
  double offset_ms = 137.25;        ///< front camera; its clock reads 0 at this session time
  double drift_ppm = 35;            ///< front camera
  double wrist_offset_ms = 61.4;    ///< wrist camera
  double wrist_drift_ppm = -22.5;   ///< wrist camera
  double robot_offset_ms = -42.5;   ///< joint controller
  double robot_drift_ppm = 3.25;    ///< joint controller
  double force_offset_ms = 18.75;   ///< force sensor
  double force_drift_ppm = -7.5;    ///< force sensor
  double station_offset_ms = -250;  ///< computer that gives the verdicts
  double station_drift_ppm = 12;
  double exposure_ms = 4;
  double jitter_ms = 0.2;   ///< standard deviation of a frame's stamp around its true time
  double drop_rate = 0.01;  ///< share of frames that are lost, one by one
  double stall_ms = 180;    ///< one stretch in which the front camera gives nothing

  double ng_rate = 0.08;         ///< share of points with a defect
  double undecided_rate = 0.04;  ///< share of verdicts that are neither OK nor NG
  double error_rate = 0.01;      ///< share of verdicts that are wrong

  double flicker = 0;  ///< depth of the 100 Hz light modulation, 0..1
  bool person = false;
  double noise = 1.5;  ///< standard deviation of sensor noise, grey levels
  int crf = 26;
  int gop = 15;
  int width = 480, height = 360;              ///< front camera
  int wrist_width = 320, wrist_height = 240;  ///< wrist camera
  bool clock_known = true;                    ///< session.json states the true offsets and drifts
  std::string id = "seat-0001";
};

}  // namespace reelcell::sample
