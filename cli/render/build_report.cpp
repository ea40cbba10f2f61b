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
  std::cout << fmt::format("{}: {}, {}; {} dropped, {} quarantined", out,
                           counted(report.episodes, "episode"), counted(report.rows, "row"),
                           counted(report.decisions.count(GateAction::kDrop), "segment"),
                           human_count(report.decisions.count(GateAction::kQuarantine)));
  if (!report.quarantined.empty())
    std::cout << "; " << counted(report.quarantined.size(), "session") << " quarantined whole";
  std::cout << "\n";
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

void print_report_json(const pipeline::BuildReport& report, const Json& more) {
  JsonStream stream([](std::string_view text) { std::cout << text; });
  pipeline::write_json(report, stream, more);
}

bool is_sure(const pipeline::CorpusDelta& delta) {
  return delta.unhashed.empty() && delta.changed.empty() && delta.unknown.empty();
}

Outcome show_known(const pipeline::BuildResult& result, const std::string& out, bool json,
                   const pipeline::CorpusDelta* delta) {
  if (json) {
    Json document = result.known_report;
    if (delta) document["corpus"] = pipeline::to_json(*delta);
    if (result.losses) document["diagnostics"] = diagnostics_json(*result.losses);
    print_json(document);
  } else {
    std::cout << out
              << (!delta            ? ": is this corpus already, complete"
                  : is_sure(*delta) ? ": holds these sessions already, as they are"
                                    : ": holds these sessions already")
              << "; nothing was done\n";
    if (result.losses) print_diagnostics(*result.losses);
  }
  const bool lost = result.losses && result.losses->has_loss();
  return lost || result.known_report.value("lost", false) ? Outcome::kDataLost : Outcome::kDone;
}

}  // namespace

namespace {
std::string names(const std::vector<std::string>& list) {
  constexpr std::size_t kShown = 5;
  std::string text;
  for (std::size_t i = 0; i < list.size() && i < kShown; ++i) text += (i ? ", " : "") + list[i];
  if (list.size() > kShown) text += fmt::format(" and {} more", list.size() - kShown);
  return text;
}

std::string what_to_do(const pipeline::CorpusDelta& delta) {
  if (!delta.refusal.empty()) return "--add would refuse: the corpus " + delta.refusal;
  std::string built;
  const auto part = [&](const char* what, const std::vector<std::string>& list) {
    if (list.empty()) return;
    built += (built.empty() ? "" : ", ") +
             fmt::format(fmt::runtime(what), counted(list.size(), "session"));
  };
  part("build {}", delta.added);
  part("build what failed of {}", delta.retried);
  part("build {} anew in the place of what is there", delta.replaced);
  if (built.empty())
    return is_sure(delta) ? "nothing is to be done"
                          : "--add would keep all as it is; with --replace it would build changed "
                            "sessions anew";
  return fmt::format("--add would {} and leave {}", built,
                     delta.replaced.empty()
                         ? "the " + counted(delta.episodes, "episode") + " as they are"
                         : "the other sessions' episodes as they are");
}
}  // namespace

void print_delta(const pipeline::CorpusDelta& delta, const std::string& out) {
  std::cout << fmt::format("\n{} holds {}:\n", out, counted(delta.episodes, "episode"));
  const auto line = [](const char* what, const std::vector<std::string>& list) {
    if (!list.empty()) std::cout << fmt::format("  {}: {} ({})\n", what, list.size(), names(list));
  };
  line("new sessions", delta.added);
  line("sessions with failed segments to be tried again", delta.retried);
  line("unchanged sessions", delta.unchanged);
  const auto reasons = [&](const char* what, const std::vector<std::string>& list) {
    if (!list.empty()) std::cout << fmt::format("  {}: {}\n", what, list.size());
    for (const std::string& id : list)
      std::cout << fmt::format("    {}: {}\n", id, delta.reasons.at(id));
  };
  reasons("changed sessions, to be replaced", delta.replaced);
  reasons("changed sessions, of which it keeps what it has", delta.changed);
  reasons("sessions that may have changed, of which it keeps what it has", delta.unknown);
  for (const pipeline::UnhashedSource& unhashed : delta.unhashed)
    std::cout << fmt::format("  {}: {}\n", unhashed.session,
                             pipeline::why_not_comparable(unhashed));
  line("sessions that were not given", delta.others);
  line("parts of the recipe that differ", delta.recipe);
  line("damaged files", delta.damage);
  std::cout << "  " << what_to_do(delta) << "\n";
}

namespace {
std::string replaced_text(const pipeline::CorpusDelta& delta) {
  if (delta.replaced.empty()) return "";
  return ", " + counted(delta.replaced.size(), "session") + " replaced";
}
}  // namespace

void show_nothing_left(const pipeline::NothingLeft& left, bool json) {
  if (json)
    print_report_json(left.report(), {{"diagnostics", diagnostics_json(left.losses())}});
  else
    print_diagnostics(left.losses());
}

Outcome show_result(const pipeline::BuildResult& result, const std::string& out, bool json,
                    const pipeline::CorpusDelta* delta) {
  if (result.nothing_to_do) return show_known(result, out, json, delta);
  if (json) {
    Json more = {{"diagnostics", diagnostics_json(*result.losses)}};
    if (delta) more["corpus"] = pipeline::to_json(*delta);
    print_report_json(result.report, more);
  } else {
    print_report(result.report, out);
    if (delta)
      std::cout << fmt::format("{} added to {}{}\n", counted(delta->added.size(), "session"),
                               counted(delta->episodes, "episode"), replaced_text(*delta));
    print_diagnostics(*result.losses);
  }
  return result.report.lost || result.losses->has_loss() ? Outcome::kDataLost : Outcome::kDone;
}

}  // namespace reelcell::cli
