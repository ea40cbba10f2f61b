#include "render/build_report.hpp"

#include <fmt/format.h>

#include <iostream>

#include "groups/common.hpp"
#include "render/diagnostics.hpp"
#include "render/table.hpp"
#include "render/visits.hpp"

namespace reelcell::cli {
namespace {

void print_report(const pipeline::BuildReport& report, const std::string& out) {
  std::size_t dropped = 0, quarantined = 0;
  for (const auto& decision : report.decisions) {
    dropped += decision.action == GateAction::kDrop;
    quarantined += decision.action == GateAction::kQuarantine;
  }
  std::cout << fmt::format("{}: {}, {}; {} dropped, {} quarantined\n", out,
                           counted(report.episodes, "episode"), counted(report.rows, "row"),
                           counted(dropped, "segment"), human_count(quarantined));
  Table video({"video", "frames copied", "bytes copied", "frames encoded", "bytes encoded"});
  for (const auto& [feature, account] : report.clips)
    video.add({feature, std::to_string(account.copied_frames), human_bytes(account.copied_bytes),
               std::to_string(account.encoded_frames), human_bytes(account.encoded_bytes)});
  if (!report.clips.empty()) std::cout << video.text();
  for (const auto& [feature, account] : report.clips)
    for (const auto& [reason, count] : account.reasons)
      std::cout << fmt::format("  {}: encoded in {}: {}\n", feature, counted(count, "clip"),
                               reason);
  std::cout << visits_totals(report.visits);
  for (const Json& output : report.outputs)
    std::cout << fmt::format("{}/{}: {}, {}\n", out, output["folder"].get<std::string>(),
                             output["format"].get<std::string>(),
                             counted(output["files"].get<std::size_t>(), "file"));
}

Outcome show_known(const pipeline::BuildResult& result, const std::string& out, bool json) {
  if (json)
    print_json(result.known_report);
  else
    std::cout << out << ": is this corpus already, complete; nothing was done\n";
  return result.known_report.value("lost", false) ? Outcome::kDataLost : Outcome::kDone;
}

}  // namespace

Outcome show_result(const pipeline::BuildResult& result, const std::string& out, bool json) {
  if (result.nothing_to_do) return show_known(result, out, json);
  if (json) {
    Json document = pipeline::to_json(result.report);
    document["diagnostics"] = diagnostics_json(*result.losses);
    print_json(document);
  } else {
    print_report(result.report, out);
    print_diagnostics(*result.losses);
  }
  return result.report.lost ? Outcome::kDataLost : Outcome::kDone;
}

}  // namespace reelcell::cli
