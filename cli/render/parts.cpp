#include "render/parts.hpp"

#include <fmt/format.h>

#include "render/table.hpp"

namespace reelcell::cli {
namespace {

const char* state_of(const pipeline::PartStatus& part) {
  if (part.complete()) return "complete";
  if (part.begun > 0) return "in work";
  return part.done > 0 ? "begun" : "waiting";
}

}  // namespace

std::string parts_table(const std::vector<pipeline::PartStatus>& parts) {
  Table table({"part", "segments", "done", "failed", "cost", "state"});
  std::uint64_t segments = 0, done = 0, failed = 0;
  for (const auto& part : parts) {
    table.add({std::to_string(part.part), std::to_string(part.segments), std::to_string(part.done),
               std::to_string(part.failed), human_bytes(part.bytes), state_of(part)});
    segments += part.segments;
    done += part.done;
    failed += part.failed;
  }
  return table.text() + fmt::format("{} of {} segments done, {} failed\n", done, segments, failed);
}

Json parts_json(const std::vector<pipeline::PartStatus>& parts) {
  Json list = Json::array();
  for (const auto& part : parts)
    list.push_back({{"part", part.part},
                    {"segments", part.segments},
                    {"done", part.done},
                    {"failed", part.failed},
                    {"in_work", part.begun},
                    {"cost_bytes", part.bytes},
                    {"state", state_of(part)}});
  return {{"version", 1}, {"parts", list}};
}

}  // namespace reelcell::cli
