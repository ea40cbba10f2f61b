#include "internal/documents.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace reelcell::pipeline {

std::string document_kind(const Json& document) {
  if (!document.is_object()) return "";
  const std::string format =
      document.contains("format") && document["format"].is_string() ? document["format"] : Json("");
  if (format == "reelcell-webdataset") return "webdataset-sample";
  if (format == "reelcell-webdataset-index") return "webdataset-index";
  // Those with more keys of their own come first; a recipe needs none but "version".
  static const std::pair<const char*, std::vector<const char*>> kKinds[] = {
      {"session", {"streams"}},
      {"why", {"places", "intact"}},
      {"diff", {"equal", "compared"}},
      {"edit", {"operations", "corpora"}},
      {"parts", {"parts"}},
      {"watch", {"event"}},
      {"corpus", {"samples", "generator"}},
      {"report", {"decisions"}},
      {"formats", {"label_functions"}},
      {"build-plan", {"segments", "sessions", "rate_hz"}},
      {"labels", {"segments", "diagnostics"}},
      {"alignment", {"sessions", "diagnostics"}},
      {"info", {"items", "diagnostics"}},
      {"findings", {"results"}},
      {"replay", {"file", "width", "height"}},
      {"recipe", {"outputs"}},
      {"recipe", {"segments"}}};
  for (const auto& [kind, keys] : kKinds)
    if (std::all_of(keys.begin(), keys.end(), [&](const char* k) { return document.contains(k); }))
      return kind;
  return "";
}

}  // namespace reelcell::pipeline
