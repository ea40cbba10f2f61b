// Clocks measured from what the streams recorded: which evidence, and what came of it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "reelcell/base/options.hpp"
#include "reelcell/base/progress.hpp"
#include "reelcell/media/activity.hpp"
#include "reelcell/pipeline/session.hpp"
#include "reelcell/timeline/clock_pairs.hpp"
#include "reelcell/timeline/measure.hpp"
#include "reelcell/timeline/report.hpp"

namespace reelcell::pipeline {

/// What a stream is asked for.
enum class EvidenceKind {
  kMotion,      ///< video: how much changes from frame to frame
  kBrightness,  ///< video: mean luma
  kSpeed,       ///< series: norm of a velocity, or of the change of anything else
  kValue,       ///< series: the number itself, or the norm of a vector
  kEvents,      ///< events: an impulse each
  kLevel,       ///< events: 1 from an event that matches to the next that does not
  kEnvelope,    ///< audio: loudness
  kPairs,       ///< any: a log that holds this clock's stamps beside its own
};
std::string_view to_string(EvidenceKind kind);
EvidenceKind parse_evidence_kind(std::string_view text);

struct EvidenceSource {
  std::string stream;
  std::string column;          ///< series; "" = the first that suits
  std::optional<int> element;  ///< of the column
  EvidenceKind kind = EvidenceKind::kMotion;
  media::PictureRegion region;  ///< video
  Json high;                    ///< events: {"field": value or [values]}; null = all
  std::string text() const;     ///< "joints.q", "front"
};

/// "measure" of a stream's clock in session.json, or --measure.
struct ClockEvidence {
  EvidenceSource own, against;
  timeline::MeasureOptions options;
  Json device;  ///< pairs: {"column": unit} of `against` whose sum is this clock's stamp
  timeline::PairOptions pairs;
};
/// Options of one entry of "measure": the schema and the documents follow from these.
const std::vector<OptionSpec>& clock_evidence_options();
/// An object, or an array of objects of which each is a piece of evidence. Checks names against the
/// session; InputError names the key.
std::vector<ClockEvidence> parse_clock_evidence(const Json& value, const OpenSession& session,
                                                const std::string& stream,
                                                const std::string& where);

/// What session.json says of a stream's clock beyond offset and drift.
struct ClockDetails {
  std::vector<timeline::ClockPoint> points;  ///< in place of offset and drift; two or more, or none
  Json measure;              ///< the evidence to measure it by, null when none is named
  Json measured;             ///< how the values were measured, null when they were not
  timeline::ClockJoin join;  ///< of raw stamps; the map is over joined ones
};
/// By stream; streams without any of it are left out. InputError names file, stream and key.
std::map<std::string, ClockDetails> read_clock_details(const fs::path& session_file);
timeline::ClockMap clock_map_of(const ClockSpec& spec, const ClockDetails& details);

struct ClockMeasureRequest {
  /// "front" (by its own "measure" or the usual evidence), "front=motion:joints.q",
  /// "front=brightness:plc.light:value"; empty: every stream with "measure", and every video.
  std::vector<std::string> streams;
  std::size_t threads = 1;
};

/// One stream's clock, measured.
struct ClockMeasurement {
  std::string stream, against;
  std::string by, against_by, method;
  bool against_assumed = false;  ///< then the offset is to that stream, not to the session clock
  timeline::OffsetMeasurement result;
  std::optional<timeline::PairFit> pairs;  ///< where pairs of stamps gave it
  /// For session.json; empty unless measured. Points in place of offset and drift where pairs of
  /// stamps gave them.
  std::optional<ClockSpec> clock;
  std::vector<timeline::ClockPoint> points;
  /// Where the stream's own stamps began anew: `clock` and `points` are over joined times.
  timeline::ClockJoin join;
  /// By how much the clock that was stated is off at the reference; empty when none was stated.
  std::optional<double> stated_error_ms;
  // What was compared, for a page that shows it.
  timeline::IntervalSignal own_signal, against_signal;
};
Json to_json(const ClockMeasurement& measurement);

/// Reads each video once. In the order of dependence: a stream that is measured itself before those
/// that are measured against it. PlanError for a circle.
std::vector<ClockMeasurement> measure_clocks(const OpenSession& session,
                                             const ClockMeasureRequest& request,
                                             Progress& progress);

/// Puts measured clocks into session.json, which appears whole or not at all; everything else in it
/// stays as it is, "measure" included. InputError when the session has no such file.
void write_clocks(const fs::path& session_folder,
                  const std::vector<ClockMeasurement>& measurements);

/// One HTML page without anything from the network: correlations with their peaks, residuals, skew,
/// gaps, and frames beside the signals.
std::string clock_page(const OpenSession& session, const timeline::AlignmentReport& report,
                       const std::vector<ClockMeasurement>& clocks);

/// What a stream shows, on its own clock or through `map`.
timeline::IntervalSignal extract_evidence(const OpenSession& session, const EvidenceSource& source,
                                          const timeline::ClockMap* map);

}  // namespace reelcell::pipeline
