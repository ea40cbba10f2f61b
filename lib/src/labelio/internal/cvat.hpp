// What the spans and the shapes of a CVAT document share.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "reelcell/labelio/objects.hpp"
#include "xml.hpp"

namespace reelcell::labelio {

struct CvatMeta {
  std::optional<std::int64_t> frames;
  std::string media;
  int width = 0, height = 0;
};
/// InputError unless it is CVAT XML 1.1.
void require_cvat(const XmlElement& root, const std::string& where);
/// InputError where numbers are not those of the video's frames.
CvatMeta read_cvat_meta(const XmlElement& root, const std::string& where);
ObjectFile read_cvat_objects(std::string_view text, const std::string& where);

}  // namespace reelcell::labelio
