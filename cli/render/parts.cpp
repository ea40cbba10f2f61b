#include "render/parts.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "render/table.hpp"

namespace reelcell::cli {
namespace {

const char* state_of(const pipeline::PartStatus& part) {
  if (part.complete()) return "complete";
  if (part.begun > 0) return "in work";
  return part.done > 0 ? "begun" : "waiting";
}

}  // namespace

std::string parts_table(const std::vector<pipeline::PartStatus>& parts,
                        const std::vector<pipeline::QuarantinedSession>& quarantined) {
  Table table({"part", "segments", "done", "failed", "cost", "state"});
  std::uint64_t segments = 0, done = 0;
  std::vector<std::string> reasons;
  for (const auto& session : quarantined)
    reasons.push_back(fmt::format("session {}: {}", session.id, session.reason));
  for (const auto& part : parts) {
    table.add({std::to_string(part.part), std::to_string(part.segments), std::to_string(part.done),
               std::to_string(part.failed.size()), human_bytes(part.bytes), state_of(part)});
    segments += part.segments;
    done += part.done;
    for (const auto& segment : part.failed)
      reasons.push_back(fmt::format("part {}: {}: {}", part.part, segment.key, segment.reason));
  }
  std::string text = table.text() + fmt::format("{} of {} segments done, {} failed", done, segments,
                                                reasons.size() - quarantined.size());
  if (!quarantined.empty())
    text += fmt::format("; {} {} quarantined when the plan was made", quarantined.size(),
                        quarantined.size() == 1 ? "session" : "sessions");
  constexpr std::size_t kMostReasons = 20;  // --json gives all
  for (std::size_t i = 0; i < std::min(reasons.size(), kMostReasons); ++i)
    text += "\n  " + reasons[i];
  if (reasons.size() > kMostReasons)
    text += fmt::format("\n  and {} more", reasons.size() - kMostReasons);
  return text + "\n";
}

Json parts_json(const std::vector<pipeline::PartStatus>& parts,
                const std::vector<pipeline::QuarantinedSession>& quarantined) {
  Json list = Json::array(), sessions = Json::array();
  for (const auto& part : parts) {
    Json failures = Json::array();
    for (const auto& segment : part.failed)
      failures.push_back({{"segment", segment.key}, {"reason", segment.reason}});
    list.push_back({{"part", part.part},
                    {"segments", part.segments},
                    {"done", part.done},
                    {"failed", part.failed.size()},
                    {"failures", std::move(failures)},
                    {"in_work", part.begun},
                    {"cost_bytes", part.bytes},
                    {"state", state_of(part)}});
  }
  for (const auto& session : quarantined)
    sessions.push_back({{"session", session.id}, {"reason", session.reason}});
  return {{"version", 1}, {"parts", list}, {"quarantined", sessions}};
}

bool any_failed(const std::vector<pipeline::PartStatus>& parts,
                const std::vector<pipeline::QuarantinedSession>& quarantined) {
  return !quarantined.empty() ||
         std::any_of(parts.begin(), parts.end(), [](const auto& p) { return !p.failed.empty(); });
}

}  // namespace reelcell::cli
