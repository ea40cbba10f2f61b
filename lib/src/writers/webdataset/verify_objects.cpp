#include "internal/verify_objects.hpp"

#include <fmt/format.h>

#include <map>
#include <optional>

#include "reelcell/base/error.hpp"

namespace reelcell::webdataset {
namespace {

class ObjectsCheck {
 public:
  ObjectsCheck(const Json& sample, std::string shard, std::string where, ObjectLabels& labels,
               Findings& findings)
      : sample_(sample),
        shard_(std::move(shard)),
        where_(std::move(where)),
        labels_(labels),
        findings_(findings) {}

  void run(const std::vector<ClipObjects>& clips) {
    std::map<std::string, std::uint64_t> counts;
    for (const ClipObjects& clip : clips) {
      counts[clip.feature] += clip.entries.size();
      check_clip(clip);
      std::optional<std::uint32_t> before;
      for (const ClipObjects::Entry& entry : clip.entries) {
        check_row(clip, entry.row, before);
        check_object(clip, entry);
      }
    }
    if (sample_.is_object()) check_counts(counts);
  }

 private:
  void error(const char* code, const std::string& place, const std::string& message) {
    findings_.error(code, shard_, where_ + (place.empty() ? "" : ": " + place), message);
  }

  void check_clip(const ClipObjects& clip) {
    if (clip.width <= 0 || clip.height <= 0)
      error("OBJ-SIZE", clip.feature,
            fmt::format("says pictures of {} x {} pixels", clip.width, clip.height));
    if (!sample_.is_object()) return;
    const Json videos = sample_.value("videos", Json::object());
    const auto video = videos.find(clip.feature);
    if (video == videos.end())
      return error("OBJ-FEATURE", clip.feature, "is no video of the sample");
    if (video->contains("stream") && video->at("stream") != clip.stream)
      error("OBJ-FEATURE", clip.feature,
            fmt::format("is of the stream '{}', the sample says {}", clip.stream,
                        video->at("stream").dump()));
    // Turned pictures change sides.
    const auto side = [&](const char* name) { return video->value(name, std::int64_t{0}); };
    const std::int64_t width = side("width"), height = side("height");
    const bool same = width == clip.width && height == clip.height;
    const bool turned = width == clip.height && height == clip.width;
    if (width > 0 && height > 0 && !same && !turned)
      error("OBJ-SIZE", clip.feature,
            fmt::format("was drawn on pictures of {} x {} pixels, the clip has {} x {}", clip.width,
                        clip.height, width, height));
  }

  void check_row(const ClipObjects& clip, std::uint32_t row, std::optional<std::uint32_t>& before) {
    const std::string place = fmt::format("{}, row {}", clip.feature, row);
    if (sample_.is_object()) {
      const auto rows = sample_.value("rows", std::uint64_t{0});
      if (row >= rows && before != row)
        error("OBJ-ROW", place, fmt::format("the sample has {} rows, from 0", rows));
    }
    if (before && row < *before)
      error("OBJ-ROW", place, fmt::format("comes after row {}; rows must ascend", *before));
    before = row;
  }

  void check_object(const ClipObjects& clip, const ClipObjects::Entry& entry) {
    const PictureObject& object = entry.object;
    labels_.add(object.label, where_);
    for (const ObjectFault& fault : faults_of(object, clip.width, clip.height))
      findings_.add(fault.level, fault.code, shard_,
                    fmt::format("{}: {}, row {}", where_, clip.feature, entry.row),
                    object.source + (object.source.empty() ? "" : ": ") + fault.message);
  }

  void check_counts(const std::map<std::string, std::uint64_t>& counts) {
    const Json stated = sample_.value("objects", Json::object()).value("counts", Json::object());
    for (const auto& [feature, count] : stated.items()) {
      const auto found = counts.find(feature);
      const std::uint64_t have = found == counts.end() ? 0 : found->second;
      if (count != have)
        error("OBJ-COUNT", feature,
              fmt::format("the sample's json counts {} objects, there are {}", count.dump(), have));
    }
  }

  const Json& sample_;
  std::string shard_, where_;
  ObjectLabels& labels_;
  Findings& findings_;
};

}  // namespace

void verify_objects(const Json& objects, const Json& sample, const std::string& shard,
                    const std::string& where, ObjectLabels& labels, Findings& findings) {
  std::vector<ClipObjects> clips;
  try {
    clips = objects_from_json(objects, where);
  } catch (const InputError& error) {
    findings.error("OBJ-DOCUMENT", shard, where, error.message());
    return;
  }
  ObjectsCheck(sample, shard, where, labels, findings).run(clips);
}

}  // namespace reelcell::webdataset
