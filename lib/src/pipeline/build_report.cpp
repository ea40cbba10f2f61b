// report.json: what a build did.
#include <algorithm>

#include "internal/own_files.hpp"
#include "reelcell/pipeline/build.hpp"

namespace reelcell::pipeline {
namespace {

Json to_json(const Decision& decision) {
  Json entry = {{"key", decision.key},
                {"session", decision.session},
                {"segment", decision.segment},
                {"split", decision.split},
                {"action", std::string(to_string(decision.action))},
                {"reason", decision.reason},
                {"failed", decision.failed},
                {"gates", decision.gates}};
  entry["episode"] = decision.episode ? Json(*decision.episode) : Json();
  return entry;
}

Json video_json(const BuildReport& report) {
  Json clips = Json::object();
  for (const auto& [feature, account] : report.clips)
    clips[feature] = {{"copied",
                       {{"clips", account.copied_clips},
                        {"frames", account.copied_frames},
                        {"bytes", account.copied_bytes}}},
                      {"encoded",
                       {{"clips", account.encoded_clips},
                        {"frames", account.encoded_frames},
                        {"bytes", account.encoded_bytes}}},
                      {"joined", {{"clips", account.joined_clips}}},
                      {"why_encoded", account.reasons}};
  return clips;
}

/// Over many sessions a stream has many clocks; what was joined is what there is to say. Each
/// sample's own clock map is in the manifest.
Json joins_json(const BuildReport& report) {
  timeline::AlignmentReport alignment;
  alignment.streams = report.alignment;
  const Json measured = timeline::to_json(alignment);
  Json joins = Json::array();
  for (const Json& line : measured["streams"]) {
    Json join = line["join"];
    join.erase("over_tolerance");
    join.erase("unused");
    joins.push_back({{"stream", line["stream"]}, {"join", std::move(join)}});
  }
  return joins;
}

}  // namespace

void DecisionLog::add(const Decision& decision) {
  entries_.add(to_json(decision));
  if (decision.action != GateAction::kKeep)
    left_out_.push_back({decision.key, decision.action, decision.reason});
}

std::uint64_t DecisionLog::count(GateAction action) const {
  if (action == GateAction::kKeep) return size() - left_out_.size();
  return static_cast<std::uint64_t>(
      std::count_if(left_out_.begin(), left_out_.end(),
                    [&](const LeftOut& entry) { return entry.action == action; }));
}

void DecisionLog::for_each(const std::function<void(Json&&)>& take) const {
  entries_.for_each([&](Json&& entry, std::uint64_t) { take(std::move(entry)); });
}

Json to_json(const std::vector<UnhashedSource>& sources) {
  Json list = Json::array();
  for (const UnhashedSource& each : sources)
    list.push_back({{"session", each.session}, {"source", each.source}, {"reason", each.reason}});
  return list;
}

void write_json(const BuildReport& report, JsonStream& stream, const Json& more,
                const JsonFilter& filter) {
  const auto member = [&](const char* name, const Json& json) {
    stream.member(name, filter ? filter(json) : json);
  };
  Json quarantined = Json::array();
  for (const auto& session : report.quarantined)
    quarantined.push_back({{"session", session.id}, {"reason", session.reason}});
  stream.begin_object();
  stream.member("version", 1);
  member("episodes", report.episodes);
  member("rows", report.rows);
  member("lost", report.lost);
  stream.key("decisions");
  stream.begin_array();
  report.decisions.for_each([&](Json&& entry) { stream.value(filter ? filter(entry) : entry); });
  stream.end();
  member("quarantined_sessions", quarantined);
  if (!report.unhashed.empty()) member("sources_without_hash", to_json(report.unhashed));
  member("video", video_json(report));
  member("alignment", joins_json(report));
  member("visits", report.visits);
  Json unwritten = Json::array();
  for (const auto& [name, sessions] : report.sound)
    unwritten.push_back({{"stream", name}, {"kind", "audio"}, {"sessions", sessions}});
  member("not_written", unwritten);
  member("outputs", report.outputs);
  stream.members(filter ? filter(more) : more);
  stream.end();
}

CorpusFile write_json_file(const fs::path& out, const char* name,
                           const std::function<void(JsonStream&)>& fill) {
  AtomicFile file(out / name);
  Hasher hasher;
  JsonStream stream([&](std::string_view text) {
    file.write(text);
    hasher.update(as_bytes(text));
  });
  fill(stream);
  file.commit();
  return {name, hasher.finish()};
}

CorpusFile write_text_file(const fs::path& out, const char* name, const std::string& text) {
  write_file_atomic(out / name, text);
  return {name, hash_bytes(as_bytes(text))};
}

}  // namespace reelcell::pipeline
