// reelcell why: where a sample's bytes and labels came from.
#include <fmt/format.h>

#include <iostream>

#include "command.hpp"
#include "groups/common.hpp"
#include "groups/repeatable.hpp"
#include "reelcell/pipeline/why.hpp"
#include "render/table.hpp"

namespace reelcell::cli {
namespace {

std::string text(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  return value.is_null() ? "unknown" : value.dump();
}

class WhyCommand : public Command {
 public:
  std::string name() const override { return "why"; }
  std::string summary() const override {
    return "Show where every byte and label of a sample came from.";
  }
  std::string examples() const override {
    return "  reelcell why build/sample/corpus 0\n"
           "  reelcell why build/sample/corpus 0 --sources build/sample/session --check";
  }
  void setup(CLI::App& app) override {
    app.add_option("corpus", request_corpus_, "Corpus or LeRobot data set")
        ->required()
        ->type_name("DIR");
    app.add_option("sample", sample_, "Key, or episode number")->required()->type_name("SAMPLE");
    repeatable(app.add_option("--sources", sources_,
                              "Where the sessions lie: hash their files again and compare; "
                              "may be repeated")
                   ->type_name("PATH"));
    app.add_flag("--check", check_, "Hash the corpus's files that hold the sample and compare");
    json_.setup(app);
  }
  Outcome run() override {
    const Json why = pipeline::why_sample(
        {request_corpus_, sample_, {sources_.begin(), sources_.end()}, check_});
    if (json_.json)
      print_json(why);
    else
      print(why);
    return why["intact"].get<bool>() ? Outcome::kDone : Outcome::kFailed;
  }

 private:
  static void print(const Json& why) {
    const Json& segment = why["segment"];
    std::cout << fmt::format(
        "{}: episode {}, {} rows, split {}, group {}\n  session {}: {} '{}' from {} s to {} s\n"
        "  begins at {}, ends at {}\n",
        text(why["key"]), text(why["episode"]), text(why["rows"]), text(why["split"]),
        text(why["group"]), text(why["session"]), text(segment["kind"]), text(segment["name"]),
        format_seconds(Nanos(segment["start_ns"].get<std::int64_t>())),
        format_seconds(Nanos(segment["end_ns"].get<std::int64_t>())),
        text(segment["begin"]["source"]), text(segment["finish"]["source"]));
    if (!text(why["task"]).empty()) std::cout << "  task: " << text(why["task"]) << "\n";
    std::cout << "\nSources\n";
    Table sources(
        {"stream", "file", "for", "item", "pts", "time base", "clock", "sha256", "check"});
    for (const Json& source : why["sources"]) {
      const bool timed = source.contains("first_pts"), stream = source.contains("clock_map");
      sources.add({text(source["stream"]), text(source["file"]), roles(source),
                   text(source["item"]),
                   timed ? text(source["first_pts"]) + ".." + text(source["last_pts"]) : "",
                   timed ? text(source["time_base"]) : "", stream ? clock(source["clock_map"]) : "",
                   text(source["sha256"]).substr(0, 16), source.value("check", "")});
    }
    std::cout << sources.text() << "\nVideo\n";
    for (const Json& clip : why["clips"])
      std::cout << fmt::format("  {} from {}: {}\n", text(clip["feature"]), text(clip["stream"]),
                               clip["copied"].get<bool>()
                                   ? "packets copied"
                                   : "encoded: " + clip.value("why_encoded", ""));
    print_decisions(why);
    std::cout << "\nFiles\n";
    Table files({"file", "where", "sha256", "check"});
    for (const Json& place : why["places"])
      files.add({text(place["file"]), place["at"].dump(), place.value("sha256", "").substr(0, 16),
                 place.value("check", "")});
    std::cout << files.text();
    std::cout << fmt::format("\nRecipe {} {}\n", text(why["recipe"]["name"]),
                             text(why["recipe"]["hash"]).substr(0, 16));
    for (const Json& origin : why["origin"])
      std::cout << fmt::format("Was episode {} '{}' of {} ({})\n", text(origin["episode"]),
                               text(origin["key"]), text(origin["corpus"]),
                               text(origin["sha256"]).substr(0, 16));
    for (const Json& edit : why["edits"])
      std::cout << fmt::format("Edit: {} {}\n", edit["operations"].dump(),
                               edit["arguments"].dump());
    if (!why["intact"].get<bool>()) std::cout << "\nA file has other bytes than it had.\n";
  }

  static void print_decisions(const Json& why) {
    std::cout << "\nLabels\n";
    for (const Json& label : why["labels"]) {
      std::cout << fmt::format("  {} = {} (confidence {})\n    rule: {}\n", text(label["name"]),
                               text(label["value"]), text(label["confidence"]),
                               text(label["rule"]));
      for (const Json& input : label["inputs"]) std::cout << "    from: " << text(input) << "\n";
      if (!text(label["explanation"]).empty())
        std::cout << "    because: " << text(label["explanation"]) << "\n";
    }
    if (why["labels"].empty()) std::cout << "  none\n";
    std::cout << "\nGates\n";
    for (const Json& gate : why["gates"])
      std::cout << fmt::format("  {}: {}, {} {} (limit {}) {}\n", text(gate["gate"]),
                               gate["passed"].get<bool>() ? "passed" : "failed",
                               text(gate["figure"]), text(gate["unit"]), text(gate["limit"]),
                               text(gate["reason"]));
    if (why["gates"].empty()) std::cout << "  none\n";
  }

  static std::string roles(const Json& source) {
    std::string list;
    for (const Json& role : source["roles"]) list += (list.empty() ? "" : ", ") + text(role);
    return list;
  }

  static std::string clock(const Json& map) {
    if (!map.is_object() || !map.contains("knots") || map["knots"].empty()) return "unknown";
    const Json& knot = map["knots"][0];
    const auto offset =
        knot["session_ns"].get<std::int64_t>() - knot["stream_ns"].get<std::int64_t>();
    return map.value("method", "") + " " + (offset < 0 ? "" : "+") +
           format_duration(Nanos(offset)) + " " + knot["skew_ppm"].dump() + " ppm";
  }

  std::string request_corpus_, sample_;
  std::vector<std::string> sources_;
  bool check_ = false;
  JsonOption json_;
};

}  // namespace

std::unique_ptr<Command> why_command() { return std::make_unique<WhyCommand>(); }

}  // namespace reelcell::cli
