// ELAN .eaf: tiers of annotations between time slots, in ms from the start of the media.
#include <map>

#include "internal/xml.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/labelio/labels.hpp"

namespace reelcell::labelio {
namespace {
std::map<std::string, std::optional<std::int64_t>> time_slots(const XmlElement& root,
                                                              const std::string& where) {
  const auto order = root.child("TIME_ORDER");
  if (!order) throw InputError(where, "has no <TIME_ORDER>");
  std::map<std::string, std::optional<std::int64_t>> slots;
  for (const XmlElement& slot : order->children("TIME_SLOT")) {
    auto& value = slots[slot.attribute("TIME_SLOT_ID")];
    if (slot.find("TIME_VALUE")) value = slot.integer("TIME_VALUE");
  }
  return slots;
}

LabelFile read(std::string_view text, const std::string& where) {
  const XmlDocument document(text, where);
  const XmlElement root = document.root();
  if (root.name() != "ANNOTATION_DOCUMENT")
    throw InputError(where, "is no ELAN document: its root is <" + root.name() + ">");
  LabelFile file;
  std::int64_t origin = 0;
  if (const auto header = root.child("HEADER")) {
    const std::string units = header->find("TIME_UNITS").value_or("milliseconds");
    if (units != "milliseconds")
      throw InputError(where, "counts time in '" + units + "', this program reads milliseconds");
    if (const auto media = header->child("MEDIA_DESCRIPTOR")) {
      file.media = media->find("MEDIA_URL").value_or("");
      if (media->find("TIME_ORIGIN")) origin = media->integer("TIME_ORIGIN");
    }
  }
  const auto slots = time_slots(root, where);
  constexpr std::int64_t kMs = 1'000'000, kMost = 1'000'000'000'000;  // 31 years
  const auto time_of = [&](const std::string& id, const XmlElement& annotation) {
    const auto slot = slots.find(id);
    if (slot == slots.end())
      throw InputError(where, annotation.place() + ": time slot '" + id + "' does not exist");
    if (!slot->second)
      throw InputError(where, annotation.place() + ": time slot '" + id +
                                  "' has no time; align the annotation in ELAN");
    if (*slot->second < -kMost || *slot->second > kMost)
      throw InputError(where, annotation.place() + ": time slot '" + id + "' is out of range");
    return (*slot->second - origin) * kMs;
  };
  for (const XmlElement& tier : root.children("TIER"))
    for (const XmlElement& annotation : tier.children("ANNOTATION")) {
      const auto aligned = annotation.child("ALIGNABLE_ANNOTATION");
      if (!aligned) {  // refers to another annotation, which has the time
        ++file.left_out;
        continue;
      }
      Span& span = file.spans.emplace_back();
      span.unit = SpanUnit::kMedia;
      span.first = time_of(aligned->attribute("TIME_SLOT_REF1"), *aligned);
      span.last = time_of(aligned->attribute("TIME_SLOT_REF2"), *aligned);
      span.tier = tier.attribute("TIER_ID");
      span.where = aligned->place();
      if (const auto value = aligned->child("ANNOTATION_VALUE")) span.name = value->text();
    }
  return file;
}
}  // namespace

const FormatRow& elan_labels() {
  static const FormatRow row{"elan", "ELAN .eaf: aligned annotations of every tier", read};
  return row;
}

}  // namespace reelcell::labelio
