// Which evidence a clock is measured by: parsing, names, defaults.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "reelcell/base/error.hpp"
#include "reelcell/pipeline/clocks.hpp"

namespace reelcell::pipeline {
namespace {

struct KindRow {
  EvidenceKind kind;
  const char* name;
  StreamKind stream;
};
constexpr std::array<KindRow, 8> kKinds{
    {{EvidenceKind::kMotion, "motion", StreamKind::kVideo},
     {EvidenceKind::kBrightness, "brightness", StreamKind::kVideo},
     {EvidenceKind::kSpeed, "speed", StreamKind::kSeries},
     {EvidenceKind::kValue, "value", StreamKind::kSeries},
     {EvidenceKind::kEvents, "events", StreamKind::kEvents},
     {EvidenceKind::kLevel, "level", StreamKind::kEvents},
     {EvidenceKind::kEnvelope, "envelope", StreamKind::kAudio},
     {EvidenceKind::kPairs, "pairs", StreamKind::kSeries}}};

std::vector<std::string> kind_names() {
  std::vector<std::string> names;
  for (const KindRow& row : kKinds) names.emplace_back(row.name);
  return names;
}

/// The usual question to a stream: what moves.
EvidenceKind usual_kind(StreamKind kind) {
  for (const KindRow& row : kKinds)
    if (row.stream == kind) return row.kind;
  return EvidenceKind::kSpeed;
}

/// What goes with the other side: brightness with a value, all else with what moves.
EvidenceKind fitting_kind(StreamKind kind, EvidenceKind other) {
  const bool plain = other == EvidenceKind::kBrightness || other == EvidenceKind::kValue;
  if (plain && kind == StreamKind::kSeries) return EvidenceKind::kValue;
  if (plain && kind == StreamKind::kVideo) return EvidenceKind::kBrightness;
  return usual_kind(kind);
}

bool is_amount(EvidenceKind kind) {
  return kind != EvidenceKind::kBrightness && kind != EvidenceKind::kValue;
}

const StreamSpec& stream_named(const OpenSession& session, const std::string& name,
                               const std::string& where) {
  if (const StreamSpec* spec = session.session().stream(name)) return *spec;
  std::vector<std::string> names;
  for (const StreamSpec& spec : session.session().streams) names.push_back(spec.name);
  throw InputError(where, unknown_name("stream", name, names));
}

void check_kind(EvidenceKind kind, const StreamSpec& spec, const std::string& where) {
  if (kind == EvidenceKind::kPairs) return;
  for (const KindRow& row : kKinds)
    if (row.kind == kind && row.stream != spec.kind)
      throw InputError(where, std::string("'") + row.name + "' is asked of '" + spec.name +
                                  "', which is of kind " + std::string(to_string(spec.kind)) +
                                  "; it is for " + std::string(to_string(row.stream)));
}

/// What is out of its range names the key, what was found and what may be.
double number_in(const OptionValues& options, const char* key, double least, double most,
                 const std::string& where) {
  const double value = options.number(key);
  if (!(value >= least && value <= most))
    throw InputError(where + "/" + key,
                     fmt::format("{:g} is not from {:g} to {:g}", value, least, most));
  return value;
}
Nanos duration_from(const OptionValues& options, const char* key, Nanos least,
                    const std::string& where) {
  const Nanos value = options.duration(key);
  if (value < least)
    throw InputError(
        where + "/" + key,
        fmt::format("expected {} or more, found {} s",
                    least.count() > 0 ? format_seconds(least) + " s" : "0", format_seconds(value)));
  return value;
}

/// "joints", "joints.q", "joints.q[2]"; a stream's name may hold dots itself.
EvidenceSource parse_source(const std::string& text, const OpenSession& session,
                            const std::string& where) {
  EvidenceSource source;
  std::string rest = text;
  if (const auto bracket = rest.find('['); bracket != std::string::npos && rest.back() == ']') {
    const std::string digits = rest.substr(bracket + 1, rest.size() - bracket - 2);
    if (digits.empty() || digits.size() > 6 ||
        !std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; }))
      throw InputError(where, "'" + text + "': expected an element number in the brackets");
    source.element = std::stoi(digits);
    rest.resize(bracket);
  }
  if (session.session().stream(rest)) {
    source.stream = rest;
    return source;
  }
  const auto dot = rest.rfind('.');
  source.stream = rest.substr(0, dot);
  if (dot != std::string::npos) source.column = rest.substr(dot + 1);
  stream_named(session, source.stream, where);
  return source;
}

media::PictureRegion parse_region(const Json& value, const std::string& where) {
  const bool fits =
      value.is_array() && value.size() == 4 &&
      std::all_of(value.begin(), value.end(), [](const Json& v) {
        return v.is_number_integer() && v.get<std::int64_t>() >= 0 && v.get<std::int64_t>() < 65536;
      });
  if (!fits || value[2].get<int>() == 0 || value[3].get<int>() == 0)
    throw InputError(where, "expected [x, y, width, height] in px, width and height at least 1");
  return {value[0].get<int>(), value[1].get<int>(), value[2].get<int>(), value[3].get<int>()};
}

ClockEvidence parse_one(const Json& value, const OpenSession& session, const std::string& stream,
                        const std::string& where) {
  const OptionValues options = OptionValues::parse(value, clock_evidence_options(), where);
  const StreamSpec& own = stream_named(session, stream, where);
  ClockEvidence evidence;
  evidence.against = parse_source(options.text("against"), session, where + "/against");
  const StreamSpec& against = stream_named(session, evidence.against.stream, where + "/against");
  if (against.name == stream)
    throw InputError(where + "/against", "a clock cannot be measured against itself");
  evidence.own.stream = stream;
  if (options.has("column")) {
    const EvidenceSource column =
        parse_source(stream + "." + options.text("column"), session, where);
    evidence.own.column = column.column;
    evidence.own.element = column.element;
  }
  evidence.own.kind =
      options.has("by") ? parse_evidence_kind(options.text("by")) : usual_kind(own.kind);
  evidence.against.kind = options.has("against_by")
                              ? parse_evidence_kind(options.text("against_by"))
                              : fitting_kind(against.kind, evidence.own.kind);
  check_kind(evidence.own.kind, own, where + "/by");
  check_kind(evidence.against.kind, against, where + "/against_by");
  if (options.has("region"))
    (own.kind == StreamKind::kVideo ? evidence.own : evidence.against).region =
        parse_region(options.json("region"), where + "/region");
  if (options.has("high")) {
    const Json& high = options.json("high");
    if (!high.is_object() || high.empty())
      throw InputError(where + "/high", "expected {\"field\": value} or {\"field\": [values]}");
    (own.kind == StreamKind::kEvents ? evidence.own : evidence.against).high = high;
  }
  if (evidence.own.kind == EvidenceKind::kPairs) {
    if (against.kind != StreamKind::kSeries || !options.has("device"))
      throw InputError(
          where,
          "pairs of stamps need a series as \"against\" and, as \"device\", the columns "
          "in it that hold this clock's stamps: {\"stamp_us\": \"us\"}");
    evidence.device = options.json("device");
    if (!evidence.device.is_object() || evidence.device.empty())
      throw InputError(where + "/device", "expected {\"column\": \"ns\"}; several are added up");
    for (const auto& entry : evidence.device.items())
      at_place(where + "/device/" + entry.key(), [&] {
        parse_time_unit(entry.value().is_string() ? entry.value().get<std::string>() : "");
      });
    evidence.pairs.method = timeline::parse_pair_method(options.text("pair_method"));
    evidence.pairs.window = duration_from(options, "window", std::chrono::seconds(1), where);
  }
  auto& how = evidence.options;
  how.activity = is_amount(evidence.own.kind) && is_amount(evidence.against.kind);
  how.either_sign = !how.activity;
  how.method = timeline::parse_curve_method(options.text("method"));
  how.max_offset = duration_from(options, "max_offset", Nanos(0), where);
  how.expected = options.duration("expected");
  how.max_drift_ppm = number_in(options, "max_drift_ppm", 0, timeline::kMaxDriftPpm / 10, where);
  how.min_height = number_in(options, "min_height", 0, 1, where);
  how.max_ratio = number_in(options, "max_ratio", 0, 1, where);
  how.max_interval = duration_from(options, "max_interval", Nanos(0), where);
  return evidence;
}

}  // namespace

std::string_view to_string(EvidenceKind kind) {
  for (const KindRow& row : kKinds)
    if (row.kind == kind) return row.name;
  return "";
}

EvidenceKind parse_evidence_kind(std::string_view text) {
  for (const KindRow& row : kKinds)
    if (text == row.name) return row.kind;
  throw InputError(unknown_name("evidence", std::string(text), kind_names()));
}

std::string EvidenceSource::text() const {
  std::string out = stream;
  if (!column.empty()) out += "." + column;
  if (element) out += "[" + std::to_string(*element) + "]";
  return out;
}

const std::vector<OptionSpec>& clock_evidence_options() {
  static const std::vector<OptionSpec> options = {
      {"against",
       OptionType::kText,
       "",
       {},
       "The stream that shows the same thing, with its column: joints.q, joints.q[2], plc."},
      {"by",
       OptionType::kChoice,
       "",
       {},
       "What this stream is asked for: motion or brightness of a video, speed or value of a "
       "series, events or level of events, envelope of sound, pairs of stamps in a log. Default: "
       "what "
       "moves.",
       kind_names(),
       true},
      {"against_by",
       OptionType::kChoice,
       "",
       {},
       "What the other stream is asked for. Default: what goes with 'by'.",
       kind_names(),
       true},
      {"column",
       OptionType::kText,
       "",
       {},
       "Column of this stream, for a series. Default: the first vector of floats.",
       {},
       true},
      {"region",
       OptionType::kJson,
       "px",
       {},
       "Part of the picture to look at: [x, y, width, height]. Default: all of it.",
       {},
       true},
      {"high",
       OptionType::kJson,
       "",
       {},
       "Events that count, or that raise the level: {\"step\": \"MOVE\"}. Default: all.",
       {},
       true},
      {"method",
       OptionType::kChoice,
       "",
       "ncc",
       "Correlation: ncc, or gcc_phat for sound and other broad-band signals.",
       {"ncc", "gcc_phat"}},
      {"device",
       OptionType::kJson,
       "",
       {},
       "For pairs: columns of the other stream that hold this clock's stamps, with their units, "
       "added up: {\"stamp.seconds\": \"s\", \"stamp.nanoseconds\": \"ns\"}.",
       {},
       true},
      {"pair_method",
       OptionType::kChoice,
       "",
       "hull",
       "For pairs: hull (delays only add), theil_sen (their median), least_squares.",
       {"hull", "theil_sen", "least_squares"}},
      {"window", OptionType::kDuration, "", "300s",
       "For pairs: length of the windows whose rates are joined, at least 1s."},
      {"expected", OptionType::kDuration, "", "0ns", "Where the search is centred."},
      {"max_offset", OptionType::kDuration, "", "0ns",
       "How far from there the offset may be; 0: as far as half of the shorter record overlaps, at "
       "most 1h."},
      {"max_drift_ppm", OptionType::kNumber, "ppm", 300,
       "Largest drift either way, 0..10000; a clock that drifts as far gives no number."},
      {"min_height", OptionType::kNumber, "", 0.25, "Lowest correlation that is believed, 0..1."},
      {"max_ratio", OptionType::kNumber, "", 0.8,
       "Highest second peak, as a share of the first, that is told apart without further "
       "evidence, 0..1."},
      {"max_interval", OptionType::kDuration, "", "0ns",
       "Widest 95 % half-interval of an offset that is given; 0: half a frame or sample of the "
       "slower stream, at least 1 ms."},
  };
  return options;
}

std::vector<ClockEvidence> parse_clock_evidence(const Json& value, const OpenSession& session,
                                                const std::string& stream,
                                                const std::string& where) {
  std::vector<ClockEvidence> out;
  if (!value.is_array()) return {parse_one(value, session, stream, where)};
  for (std::size_t i = 0; i < value.size(); ++i)
    out.push_back(parse_one(value[i], session, stream, where + "/" + std::to_string(i)));
  if (out.empty()) throw InputError(where, "names no evidence");
  return out;
}

}  // namespace reelcell::pipeline
