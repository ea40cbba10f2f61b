#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdio>

#include "reelcell/base/error.hpp"
#include "reelcell/labelio/labels.hpp"

namespace reelcell::labelio {
namespace {
std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", value);
  return text;
}
/// Of a video's frames, at most, that may be lost while its nominal rate is still its rate.
constexpr double kLostShare = 0.1;
}  // namespace

std::optional<std::size_t> FrameMap::ordinal(std::int64_t frame) const {
  constexpr std::int64_t kMost = 1'000'000'000'000;  // beyond it a product of times overflows
  if (frame < 0 || frame > kMost || playing.empty()) return std::nullopt;
  if (by_count) {
    const auto at = static_cast<std::uint64_t>(frame);
    return at < playing.size() ? std::optional(static_cast<std::size_t>(at)) : std::nullopt;
  }
  // The frame nearest to that instant of the playing time; none where it is past the end.
  if (static_cast<double>(frame) / fps > 3e9) return std::nullopt;
  const Nanos wanted(std::llround(static_cast<double>(frame) * 1e9 / fps));
  const Nanos half(std::llround(0.5e9 / fps));
  if (wanted > playing.back() + half) return std::nullopt;
  const auto next = std::lower_bound(playing.begin(), playing.end(), wanted);
  if (next == playing.end()) return playing.size() - 1;
  const auto at = static_cast<std::size_t>(next - playing.begin());
  return at > 0 && wanted - playing[at - 1] < playing[at] - wanted ? at - 1 : at;
}

std::vector<OptionSpec> frame_options(CameraNeed need) {
  const bool always = need == CameraNeed::kAlways;
  return {
      {.name = "camera",
       .help = always ? "Video that the pictures are of"
                      : "Video that the labels are of; needed for frame numbers and playing times",
       .optional = !always},
      {.name = "fps",
       .type = OptionType::kNumber,
       .unit = "Hz",
       .help = "Frame rate of the labelling project, not of the file; needed for frame numbers "
               "unless the frame count says enough",
       .optional = true},
      {.name = "frames",
       .type = OptionType::kInteger,
       .help = "Number of frames that the labelling tool shows for the video; needed where frames "
               "were lost",
       .optional = true},
  };
}

std::optional<double> stated_fps(const OptionValues& options) {
  return options.has("fps") ? std::optional(options.number("fps")) : std::nullopt;
}

std::optional<std::int64_t> stated_frames(const OptionValues& options,
                                          std::optional<std::int64_t> of_file,
                                          const std::string& where) {
  if (!options.has("frames")) return of_file;
  const std::int64_t stated = options.integer("frames");
  if (of_file && *of_file != stated)
    throw InputError(where, "states " + std::to_string(*of_file) + " frames, the recipe says " +
                                std::to_string(stated));
  return stated;
}

FrameMap map_frames(const LabelFile& file, std::optional<double> fps, std::vector<Nanos> playing,
                    const std::string& stream, const std::string& where) {
  FrameMap map;
  map.playing = std::move(playing);
  const bool frames = std::any_of(file.spans.begin(), file.spans.end(),
                                  [](const Span& span) { return span.unit == SpanUnit::kFrames; });
  if (map.playing.empty()) throw InputError(where, "stream '" + stream + "' holds no frame");
  if (!frames) return map;
  if (file.fps && fps && std::abs(*file.fps - *fps) > 1e-3 * *fps)
    throw InputError(where, "the file says its frame numbers are at " + number(*file.fps) +
                                " fps, the recipe says " + number(*fps) +
                                "; correct the recipe, or export at that rate");
  if (!fps) fps = file.fps;
  const auto count = static_cast<std::int64_t>(map.playing.size());
  const double seconds =
      static_cast<double>((map.playing.back() - map.playing.front()).count()) / 1e9;
  // A count equal to the video's: numbers are ordinals. A rate differs from the mean by the frames
  // that were lost, not by more.
  if (file.frames && *file.frames == count) {
    const double mean = seconds > 0 ? static_cast<double>(count - 1) / seconds : 0;
    if (fps && mean > 0 && std::abs(*fps - mean) > kLostShare * mean)
      throw InputError(where, "has as many frames as stream '" + stream + "', " +
                                  std::to_string(count) + ", but those are " + number(mean) +
                                  " a second, not " + number(*fps) +
                                  "; correct \"fps\", or it is another video");
    return map;
  }
  if (!fps || !(*fps > 0))
    throw InputError(where,
                     "holds frame numbers but does not say at how many frames a second; give "
                     "\"fps\", the frame rate of the labelling project (not of the file)");
  map.fps = *fps;
  const auto by_time = static_cast<std::int64_t>(std::llround(seconds * *fps)) + 1;
  const bool regular = std::abs(by_time - count) <= 1;
  const std::string facts = "stream '" + stream + "' holds " + std::to_string(count) +
                            " frames in " + number(seconds) + " s, which are " +
                            std::to_string(by_time) + " at " + number(*fps) + " fps";
  if (file.frames) {
    if (std::abs(*file.frames - by_time) > 1)
      throw InputError(where, "was made on a video of " + std::to_string(*file.frames) +
                                  " frames, but " + facts +
                                  "; it is another video, another cut, or another fps");
    map.by_count = false;
    return map;
  }
  if (!regular)
    throw InputError(where, "has frame numbers at " + number(*fps) + " fps, but " + facts +
                                ": either fps is wrong, or frames were lost and the numbers could "
                                "mean a count or a time. Give \"frames\", the number of frames "
                                "that the labelling tool shows for the video");
  map.by_count = count == by_time;
  return map;
}

namespace {
/// "https://host/files/1f2e3d4c-Front%20cam.MP4?token=x" -> "front cam".
std::string bare_name(std::string_view text) {
  text = text.substr(0, text.find_first_of("?#"));
  if (const auto at = text.find_last_of("/\\"); at != std::string_view::npos)
    text.remove_prefix(at + 1);
  std::string name;
  const auto hex = [](char c) { return std::isxdigit(static_cast<unsigned char>(c)) != 0; };
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%' && i + 2 < text.size() && hex(text[i + 1]) && hex(text[i + 2])) {
      c = static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16));
      i += 2;
    }
    name += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  if (const auto dot = name.find_last_of('.'); dot != std::string::npos && dot > 0)
    name.resize(dot);
  // Label Studio puts eight digits in front of what is uploaded.
  if (name.size() > 9 && name[8] == '-' && std::all_of(name.begin(), name.begin() + 8, hex))
    name.erase(0, 9);
  return name;
}
bool is_video_file(std::string_view path) {
  const auto dot = path.find_last_of('.');
  if (dot == std::string_view::npos) return false;
  std::string ending(path.substr(dot + 1));
  for (char& c : ending) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  for (const char* known : {"mp4", "mkv", "mov", "avi", "webm", "m4v", "ts", "mpg", "mjpeg"})
    if (ending == known) return true;
  return false;
}
}  // namespace

bool same_media(std::string_view media, std::string_view path) {
  if (!is_video_file(path)) return true;
  const std::string named = bare_name(media);
  return named.empty() || named.front() == '$' || named == bare_name(path);
}

const FormatRow& format_named(std::string_view name) {
  std::vector<std::string> names;
  for (const FormatRow* row : all_formats()) {
    if (row->name == name) return *row;
    names.push_back(row->name);
  }
  throw InputError(unknown_name("label format", name, names));
}

}  // namespace reelcell::labelio
