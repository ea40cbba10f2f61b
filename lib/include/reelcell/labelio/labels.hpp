// Labels that people made in other tools, as those tools wrote them: before they are tied to the
// frames of a video.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "reelcell/base/options.hpp"
#include "reelcell/base/time.hpp"
#include "reelcell/labelio/objects.hpp"
#include "reelcell/model/value.hpp"

namespace reelcell::labelio {

/// What a span's numbers count.
enum class SpanUnit {
  kFrames,   ///< frames of the video, the first is 0; `last` is labelled too
  kMedia,    ///< ns from the first frame of the video; `last` is where the label ends
  kSession,  ///< ns of the session clock
  kUnix,     ///< ns since 1970
};

struct Span {
  SpanUnit unit = SpanUnit::kFrames;
  std::int64_t first = 0, last = 0;
  std::string name;  ///< "scratch"
  std::string tier;  ///< track, tier or control that it belongs to, "" = none
  double confidence = 1;
  std::vector<std::pair<std::string, Value>> attributes;
  std::string where;  ///< in the file: "annotation 12", "track 3"
};

struct LabelFile {
  std::vector<Span> spans;
  std::optional<double> fps;           ///< of the frame numbers, where the file says so
  std::optional<std::int64_t> frames;  ///< of the video as the tool counted them
  std::string media;                   ///< the video's name as the tool knew it, "" = not said
  int width = 0, height = 0;           ///< px of the video, 0 = not said; for writing
  std::uint64_t left_out = 0;          ///< entries of a kind that is no span, or simulated results
};

struct FormatRow {
  std::string name;     ///< "label_studio"
  std::string summary;  ///< one line
  /// InputError names the place, what was found and what was expected.
  LabelFile (*read)(std::string_view text, const std::string& where) = nullptr;
  /// Pre-labels for a person to correct, from spans in frames; read() gives the same spans.
  /// nullptr: this format is not written.
  std::string (*write)(const LabelFile& file) = nullptr;
  /// Boxes, polygons and masks. nullptr: this format has none.
  ObjectFile (*read_objects)(std::string_view text, const std::string& where) = nullptr;
};
std::vector<const FormatRow*> all_formats();
const FormatRow& format_named(std::string_view name);  ///< InputError with the allowed names

/// What a recipe says of a label file's frame numbers, whatever they mark: "camera", "fps" and
/// "frames". Labels of other clocks need no camera.
enum class CameraNeed { kAlways, kForFrames };
std::vector<OptionSpec> frame_options(CameraNeed need);
std::optional<double> stated_fps(const OptionValues& options);
/// "frames", or what the file states. InputError where the two differ.
std::optional<std::int64_t> stated_frames(const OptionValues& options,
                                          std::optional<std::int64_t> of_file,
                                          const std::string& where);

/// Whether a file's `media` and a video's path name the same one, whatever folder, address or
/// container a tool put it into. True where one of them says nothing, as a log's path does.
bool same_media(std::string_view media, std::string_view path);

/// Which frame a tool's frame number means. A tool counts what it decodes, or what its frame rate
/// makes of the playing time; where frames were lost the two differ. Both are matters of the file
/// that the tool played: when its frames were truly taken may be another thing.
struct FrameMap {
  bool by_count = true;  ///< number = ordinal; else by playing time at `fps`
  double fps = 0;
  std::vector<Nanos> playing;  ///< of the video's frames, from the first one on
  /// Ordinal of the frame that a number means; nothing beyond the video.
  std::optional<std::size_t> ordinal(std::int64_t number) const;
};

/// Checks the numbers against the video: `fps` (the tool's, demanded for frame numbers) and the
/// frame count it states must fit what the video holds. Throws InputError that explains the
/// mismatch.
FrameMap map_frames(const LabelFile& file, std::optional<double> fps, std::vector<Nanos> playing,
                    const std::string& stream, const std::string& where);

}  // namespace reelcell::labelio
