#include "internal/camera_forms.hpp"

#include <algorithm>

#include "internal/encoding.hpp"
#include "reelcell/media/depth.hpp"

namespace reelcell::pipeline {
namespace {

/// FFV1 holds depth too, when it is named alone.
bool keeps_depth(const Recipe& recipe) {
  return !recipe.names_pix_fmt && (!recipe.names_codec || recipe.encode.codec == "ffv1");
}

std::string text_of(const std::string& codec, const std::string& pix_fmt) {
  return pix_fmt.empty() ? codec : codec + " " + pix_fmt;
}

}  // namespace

std::vector<CameraSource> camera_sources(const std::vector<ResolvedFeature>& features,
                                         const OpenSession& session) {
  std::vector<CameraSource> cameras;
  for (const ResolvedFeature& feature : features) {
    if (!feature.spec.is_video) continue;
    const VideoFormat& format = session.video(feature.video)->format();
    cameras.push_back({feature.spec.name, format.codec, format.pix_fmt, media::can_copy(format)});
  }
  return cameras;
}

bool writes_lerobot(const Recipe& recipe) {
  return std::any_of(recipe.outputs.begin(), recipe.outputs.end(), [](const OutputRule& output) {
    return output.row->name.starts_with("lerobot");
  });
}

CameraForms camera_forms(const Recipe& recipe, const std::vector<CameraSource>& first) {
  const media::EncodeOptions& encode = recipe.encode;
  CameraForms forms;
  if (!writes_lerobot(recipe) || recipe.always_encode || encode.width > 0 || encode.height > 0)
    return forms;
  for (const CameraSource& source : first) {
    CameraForm& form = forms[source.feature];
    const media::EncodeOptions own =
        keeps_depth(recipe) ? media::keeping_depth(source.pix_fmt, encode) : encode;
    form = {own.codec, media::coded_pix_fmt(own)};
    if (!source.can_copy || (recipe.names_codec && encode.codec != source.codec)) continue;
    const std::string pix_fmt =
        recipe.names_pix_fmt || source.pix_fmt.empty() ? encode.pix_fmt : source.pix_fmt;
    if (media::can_encode(source.codec, pix_fmt)) form = {source.codec, pix_fmt};
  }
  return forms;
}

media::EncodeOptions encode_options(const Recipe& recipe, const CameraForm* form,
                                    const VideoFormat& source) {
  if (form) return media::encode_as(form->codec, form->pix_fmt, recipe.encode);
  return keeps_depth(recipe) ? media::keeping_depth(source.pix_fmt, recipe.encode) : recipe.encode;
}

CameraForms stated_forms(const Json& info) {
  CameraForms forms;
  const Json features = info.value("features", Json::object());
  for (const auto& [name, feature] : features.items()) {
    if (feature.value("dtype", "") != "video") continue;
    const Json stated = feature.value("info", Json::object());
    const std::string codec = stated.value("video.codec", "");
    const std::string pix_fmt = stated.value("video.pix_fmt", "");
    if (media::can_encode(codec, pix_fmt)) forms[name] = {codec, pix_fmt};
  }
  return forms;
}

std::string why_another_form(const Recipe& recipe, const CameraForm& form,
                             const VideoFormat& source) {
  const bool same_pictures = source.pix_fmt.empty() || source.pix_fmt == form.pix_fmt;
  if (source.codec == form.codec && same_pictures) return "";
  const std::string camera = text_of(form.codec, form.pix_fmt);
  const std::string own = text_of(source.codec, source.pix_fmt);
  if (recipe.names_codec || recipe.names_pix_fmt)
    return "the recipe makes the camera " + camera + ", and the source is " + own;
  if (!media::can_encode(source.codec, source.pix_fmt))
    return "the source is " + own + ", which cannot be encoded here, so the camera is " + camera;
  return "the camera is " + camera + ", and the source is " + own;
}

}  // namespace reelcell::pipeline
