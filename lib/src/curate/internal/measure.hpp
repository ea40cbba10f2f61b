// What gates share: which streams they look at, and walks over them in stretches, so that memory
// does not follow the segment's length.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "reelcell/base/quantity_option.hpp"
#include "reelcell/model/stages.hpp"

namespace reelcell::curate {

/// Streams that the option names, or all of these kinds. InputError for an unknown name or another
/// kind.
std::vector<const StreamSpec*> chosen_streams(const OptionValues& options,
                                              const std::string& option,
                                              const SessionDescription& session,
                                              const std::vector<StreamKind>& kinds);

/// "force.fz" or "joints.q[3]". InputError with the allowed names.
struct ColumnRef {
  const StreamSpec* stream = nullptr;
  std::string column;
  std::size_t element = 0;
  std::string unit_text;  ///< as the session states it; "" = not stated
  std::string text;
};
ColumnRef find_column(const std::string& text, const SessionDescription& session,
                      const std::string& where);
/// A limit such as "2 N" or 2 (then in the column's own unit), in the column's unit. InputError for
/// another dimension.
double limit_in_unit(const Json& json, const ColumnRef& column, const std::string& where);

/// Sample or frame times of a stream within the range, in order, stretch after stretch.
void each_time(SessionSignals& signals, const StreamSpec& stream, TimeRange range,
               const std::function<void(SessionTime)>& visit);
/// Values of a column within the range; NaN and infinities are left out and counted.
struct ValueCount {
  std::uint64_t there = 0;
  std::uint64_t missing = 0;
};
ValueCount each_value(SessionSignals& signals, const ColumnRef& column, TimeRange range,
                      const std::function<void(SessionTime, double)>& visit);
/// Frames within the range with their figures; no figures where a frame could not be decoded.
/// `continues`: the frame before it was visited, too, and the difference is to that one.
struct FrameVisit {
  SessionTime time;
  const FrameFigures* figures;
  bool continues;
};
void each_frame(SessionSignals& signals, const StreamSpec& stream, TimeRange range,
                const std::function<void(const FrameVisit&)>& visit);

/// Exact quantiles of whole numbers whose distinct values are few (microseconds of skew, ..).
class Quantiles {
 public:
  void add(std::int64_t value) {
    ++counts_[value];
    ++total_;
  }
  std::uint64_t total() const { return total_; }
  /// The smallest value that at least this share of the values does not exceed; 0 when there are
  /// none.
  std::int64_t at(double share) const;

 private:
  std::map<std::int64_t, std::uint64_t> counts_;
  std::uint64_t total_ = 0;
};

/// "12.480 s", "[12.400 s, 13.212 s)": three digits, more only where they are needed.
std::string place(SessionTime time);
std::string place(TimeRange range);
/// Four significant digits.
std::string figure_text(double value);
double milliseconds(Nanos d);

/// Keeps the worst of several results: a failed one before a passed one, then the larger excess
/// over the limit.
class Worst {
 public:
  /// `excess`: how far beyond the limit, 1 = at it; larger is worse.
  void add(GateResult result, double excess);
  /// When nothing was added: passed, with the reason.
  GateResult take(const std::string& nothing_to_check) const;

 private:
  std::optional<GateResult> worst_;
  double excess_ = 0;
};

// Options that several gates have.
OptionSpec streams_option(const std::string& which);

}  // namespace reelcell::curate
