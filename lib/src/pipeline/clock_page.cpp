// One self-contained page that shows a person how clocks were measured.
#include <algorithm>
#include <array>
#include <cmath>
#include <span>

#include "internal/clock_page_script.hpp"
#include "reelcell/media/decode.hpp"
#include "reelcell/pipeline/clocks.hpp"

namespace reelcell::pipeline {
namespace {

constexpr std::size_t kCurvePoints = 1600;
constexpr std::size_t kSignalPoints = 1500;
constexpr std::size_t kFilmFrames = 8;
constexpr double kExcerpt = 6;  // s

double seconds(std::int64_t ns) { return static_cast<double>(ns) * 1e-9; }
double rounded(double value, double unit) { return std::round(value / unit) * unit; }

std::string base64(ByteView bytes) {
  static constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t value = 0;
    for (std::size_t j = 0; j < 3; ++j)
      value = value << 8 | (i + j < bytes.size() ? bytes[i + j] : 0u);
    for (std::size_t j = 0; j < 4; ++j)
      out += i + j > bytes.size() ? '=' : kDigits[value >> (18 - 6 * j) & 63];
  }
  return out;
}

/// The furthest of each stretch: a peak, of an inverted signal too, must not fall between two
/// points of the plot.
Json curve_json(const timeline::OffsetMeasurement& m) {
  Json out = Json::array();
  const bool inverted = !m.candidates.empty() && m.candidates.front().height < 0;
  const std::size_t each = (m.curve.size() + kCurvePoints - 1) / kCurvePoints;
  for (std::size_t i = 0; i < m.curve.size(); i += each) {
    std::size_t best = i;
    for (std::size_t j = i; j < std::min(i + each, m.curve.size()); ++j)
      if (inverted ? m.curve[j] < m.curve[best] : m.curve[j] > m.curve[best]) best = j;
    const std::int64_t offset =
        m.curve_start_ns + static_cast<std::int64_t>(best) * m.curve_step_ns;
    out.push_back({seconds(offset), rounded(m.curve[best], 1e-4)});
  }
  return out;
}

/// Session times, through `map` for a stream's own clock, within [from, to).
Json signal_json(const timeline::IntervalSignal& signal, const timeline::ClockMap* map,
                 std::int64_t from, std::int64_t to, std::int64_t zero) {
  std::vector<std::pair<std::int64_t, float>> points;
  for (std::size_t i = 0; i < signal.size(); ++i) {
    const std::int64_t middle = signal.start_ns[i] + (signal.end_ns[i] - signal.start_ns[i]) / 2;
    const std::int64_t at = map ? ns_of(map->to_session(stream_time(middle))) : middle;
    if (at < from || at >= to) continue;
    points.emplace_back(at, signal.value[i]);
  }
  Json out = Json::array();
  const std::size_t each = std::max<std::size_t>(1, points.size() / kSignalPoints);
  for (std::size_t i = 0; i < points.size(); i += each) {
    double mean = 0;
    const std::size_t end = std::min(i + each, points.size());
    for (std::size_t j = i; j < end; ++j) mean += points[j].second / static_cast<double>(end - i);
    out.push_back({seconds(points[i].first - zero), rounded(mean, 1e-5)});
  }
  return out;
}

/// The stretch in which the signal changes most: there an alignment can be seen.
std::int64_t liveliest(const timeline::IntervalSignal& signal) {
  if (signal.empty()) return 0;
  const auto length = static_cast<std::int64_t>(kExcerpt * 1e9);
  double best = -1, sum = 0, squares = 0;
  std::int64_t found = signal.start_ns.front();
  std::size_t first = 0;
  for (std::size_t i = 0; i < signal.size(); ++i) {
    const double v = signal.value[i];
    sum += v;
    squares += v * v;
    for (; signal.end_ns[i] - signal.start_ns[first] > length && first < i; ++first) {
      sum -= signal.value[first];
      squares -= static_cast<double>(signal.value[first]) * signal.value[first];
    }
    const double n = static_cast<double>(i - first + 1);
    const bool full = signal.end_ns[i] - signal.start_ns[first] > length * 9 / 10;
    const double spread = squares / n - sum / n * (sum / n);
    if (full && spread > best) {
      best = spread;
      found = signal.start_ns[first];
    }
  }
  return found;
}

Json film_json(const OpenSession& session, const std::string& stream, const timeline::ClockMap& map,
               std::int64_t from, std::int64_t to, std::int64_t zero) {
  Json out = Json::array();
  const StreamSpec* spec = session.session().stream(stream);
  if (!spec || spec->kind != StreamKind::kVideo) return out;
  const auto video = session.video(stream);
  // By stamps on the stream's own clock, at mid-exposure where that is known: as they were
  // measured.
  const auto times = session.frame_times(stream);
  const timeline::ClockMap& before = session.clock(stream);
  std::vector<std::uint32_t> ordinals;
  std::vector<std::int64_t> placed;
  std::size_t next = 0;
  for (std::size_t i = 0; i < times->size(); ++i) {
    const std::int64_t at = ns_of(map.to_session(before.to_stream((*times)[i])));
    const std::int64_t wanted = from + (to - from) * static_cast<std::int64_t>(2 * next + 1) /
                                           static_cast<std::int64_t>(2 * kFilmFrames);
    if (at < wanted || at >= to || next >= kFilmFrames) continue;
    ordinals.push_back(static_cast<std::uint32_t>(i));
    placed.push_back(at);
    ++next;
  }
  media::for_each_frame(
      video, ordinals,
      [&](std::size_t i, const media::DecodedFrame* frame) {
        if (!frame || frame->width() <= 0) return;
        const int width = 160, height = std::max(2, frame->height() * width / frame->width());
        const Bytes jpeg =
            media::encode_jpeg(frame->convert(media::PixelFormat::kRgb24, width, height), 75);
        out.push_back({{"s", seconds(placed[i] - zero)}, {"jpeg", base64(jpeg)}});
      },
      session.losses());
  return out;
}

Json clock_json(const OpenSession& session, const ClockMeasurement& m, std::int64_t zero) {
  const auto& r = m.result;
  Json out = to_json(m);
  for (const char* key : {"windows", "candidates", "pairs"}) out.erase(key);
  out["offset_ms"] = r.measured() ? Json(static_cast<double>(r.offset_ns) * 1e-6) : Json();
  out["interval_ms"] = r.offset_interval_ms;
  out["curve"] = curve_json(r);
  out["candidates"] = Json::array();
  for (const auto& c : r.candidates)
    out["candidates"].push_back({{"offset_s", seconds(c.offset_ns)}, {"height", c.height}});
  out["windows"] = Json::array();
  if (r.measured())
    for (const auto& w : r.windows) {
      const double fitted = static_cast<double>(r.offset_ns) +
                            r.drift_ppm * 1e-6 * static_cast<double>(w.time_ns - r.reference_ns);
      out["windows"].push_back(
          {seconds(w.time_ns), (static_cast<double>(w.offset_ns) - fitted) * 1e-6, w.height});
    }
  out["residuals"] = Json::array();
  if (r.measured() && m.pairs)
    for (const auto& [at, rest] : m.pairs->residuals)
      out["residuals"].push_back(
          {seconds(ns_of(at)), rounded(static_cast<double>(rest) * 1e-6, 1e-4)});
  out["joined"] = m.pairs ? describe(m.join) : "";
  const timeline::ClockMap map =
      m.clock ? timeline::ClockMap::from_spec(*m.clock) : session.clock(m.stream);
  const std::int64_t from = ns_of(map.to_session(stream_time(liveliest(m.own_signal))));
  const std::int64_t to = from + static_cast<std::int64_t>(kExcerpt * 1e9);
  out["excerpt"] = {seconds(from - zero), seconds(to - zero)};
  out["own_signal"] = signal_json(m.own_signal, &map, from, to, zero);
  out["against_signal"] = signal_json(m.against_signal, nullptr, from, to, zero);
  out["film"] = film_json(session, m.stream, map, from, to, zero);
  out["histogram"] = Json::array();
  return out;
}

Json stream_json(const timeline::StreamAlignment& line, const Json& report, std::int64_t zero) {
  Json gaps = Json::array();
  const auto list = Json::json_pointer("/gaps/longest");
  if (line.times.contains(list))
    for (const Json& gap : line.times.at(list))
      gaps.push_back({seconds(gap.at("start_ns").get<std::int64_t>() - zero),
                      seconds(gap.at("end_ns").get<std::int64_t>() - zero)});
  const auto edge = [&](const char* key) {
    return line.times.contains(key) && line.times.at(key).is_number_integer()
               ? seconds(line.times.at(key).get<std::int64_t>() - zero)
               : 0.0;
  };
  const Json& join = report.at("join");
  return {{"name", line.stream},
          {"start_s", edge("first_ns")},
          {"end_s", edge("last_ns")},
          {"gaps", std::move(gaps)},
          {"histogram", join.is_null() ? Json::array() : join.at("histogram")}};
}

}  // namespace

std::string clock_page(const OpenSession& session, const timeline::AlignmentReport& report,
                       const std::vector<ClockMeasurement>& clocks) {
  const std::int64_t zero = ns_of(report.extent.start);
  const Json figures = timeline::to_json(report);
  Json data = {{"session", report.session}, {"extent_s", seconds(report.extent.length().count())}};
  data["streams"] = Json::array();
  for (std::size_t i = 0; i < report.streams.size(); ++i)
    data["streams"].push_back(stream_json(report.streams[i], figures.at("streams").at(i), zero));
  data["clocks"] = Json::array();
  for (const ClockMeasurement& m : clocks) {
    Json entry = clock_json(session, m, zero);
    for (const Json& stream : data["streams"])
      if (stream.at("name") == m.stream) entry["histogram"] = stream.at("histogram");
    data["clocks"].push_back(std::move(entry));
  }
  // "</script>" in a name must not end the data.
  std::string text = data.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  for (std::size_t at = 0; (at = text.find("</", at)) != std::string::npos; at += 3)
    text.replace(at, 2, "<\\/");
  return kClockPageHead + text + kClockPageTail;
}

}  // namespace reelcell::pipeline
