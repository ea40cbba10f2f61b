// reelcell info: what is in a file or folder.
#include <fmt/format.h>

#include <cmath>
#include <filesystem>
#include <iostream>

#include "command.hpp"
#include "groups/common.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/pipeline/inspect.hpp"
#include "render/diagnostics.hpp"
#include "render/table.hpp"

namespace reelcell::cli {
namespace {

std::string number(const Json& json, const char* key, int digits) {
  const auto it = json.find(key);
  return it != json.end() && it->is_number() ? fixed(it->get<double>(), digits) : "-";
}
std::string seconds(const Json& json, const char* key) {
  const auto it = json.find(key);
  return it != json.end() && it->is_number_integer()
             ? format_seconds(Nanos(it->get<std::int64_t>()))
             : "-";
}

class InfoCommand : public Command {
 public:
  std::string name() const override { return "info"; }
  std::string summary() const override {
    return "Say what is in a file, session, data set or corpus.";
  }
  std::string examples() const override {
    return "  reelcell info build/sample/session\n  reelcell info build/sample/session/front.mp4 "
           "--json";
  }
  void setup(CLI::App& app) override {
    app.add_option("paths", paths_, "Files or folders")->required()->type_name("PATH");
    app.add_flag(
        "--scan", scan_,
        "Read logs and messages through: exact counts, rates and gaps (slow on large files)");
    json_.setup(app);
  }
  Outcome run() override {
    Diagnostics diagnostics;
    Json all = Json::array();
    std::size_t failed = 0;
    for (const std::string& path : paths_) {
      const Json info = describe(path, diagnostics);
      failed += info.contains("problem");
      if (json_.json)
        all.push_back(info);
      else if (!info.contains("problem"))
        print(info);
    }
    if (failed == paths_.size()) return Outcome::kFailed;
    if (json_.json)
      print_json({{"version", 1}, {"items", all}, {"diagnostics", diagnostics_json(diagnostics)}});
    else
      print_diagnostics(diagnostics);
    if (failed > 0) return Outcome::kFailed;
    return diagnostics.has_loss() ? Outcome::kDataLost : Outcome::kDone;
  }

 private:
  /// One path that cannot be read does not hide the others: it is told on standard error.
  Json describe(const std::string& path, Diagnostics& diagnostics) const {
    std::string problem;
    try {
      return pipeline::describe_path(path, {scan_}, diagnostics);
    } catch (const Error& error) {
      problem = error.what();
    } catch (const std::filesystem::filesystem_error& error) {
      problem = error.path1().string() + ": " + errno_text(error.code().value());
    }
    std::cerr << "reelcell: " << problem << "\n";
    return {{"path", path}, {"format", "unreadable"}, {"problem", problem}};
  }
  static void print(const Json& info) {
    std::cout << info["path"].get<std::string>() << ": " << info["format"].get<std::string>();
    if (info.contains("bytes"))
      std::cout << ", " << human_bytes(info["bytes"].get<std::uint64_t>());
    if (info.contains("episodes"))
      std::cout << ", " << counted(info["episodes"].get<std::uint64_t>(), "episode");
    if (info.contains("streams_of"))
      std::cout << "; streams of " << info["streams_of"].get<std::string>();
    if (info.contains("streams"))
      std::cout << (info["format"] == "session" ? "; times on the session clock"
                                                : "; times on each stream's own clock");
    print_kind(info);
    if (info.contains("name")) std::cout << " " << info["name"].get<std::string>();
    if (info.contains("rate"))
      std::cout << fmt::format(", {:g} rows a second", info["rate"]["num"].get<double>() /
                                                           info["rate"]["den"].get<double>());
    std::cout << "\n";
    if (info.contains("attributes"))
      for (const auto& [key, value] : info["attributes"].items())
        std::cout << "  " << key << ": "
                  << (value.is_string() ? value.get<std::string>() : value.dump()) << "\n";
    if (info.contains("note")) std::cout << "  " << info["note"].get<std::string>() << "\n";
    print_files(info);
    if (info.contains("streams")) print_streams(info["streams"]);
    if (info.contains("sessions"))
      for (const Json& session : info["sessions"])
        std::cout << "  " << session["id"].get<std::string>() << "  "
                  << session["path"].get<std::string>() << "\n";
    if (info.contains("counts"))
      for (const auto& [key, value] : info["counts"].items())
        std::cout << "  " << key << ": " << value << "\n";
    if (info.contains("splits"))
      for (const auto& [split, count] : info["splits"].items())
        std::cout << "  split " << split << ": "
                  << counted(count["episodes"].get<std::uint64_t>(), "episode") << ", "
                  << counted(count["rows"].get<std::uint64_t>(), "row") << "\n";
    if (info.contains("outputs"))
      for (const Json& output : info["outputs"])
        std::cout << "  " << output["folder"].get<std::string>() << ": "
                  << output["format"].get<std::string>() << ", "
                  << counted(output["files"].get<std::uint64_t>(), "file") << "\n";
  }

  /// What a file that is no recording is, behind its format.
  static void print_kind(const Json& info) {
    if (info.contains("sessions")) std::cout << ", " << counted(info["sessions"].size(), "session");
    if (info.contains("document")) std::cout << " (" << info["document"].get<std::string>() << ")";
    if (info.contains("shards"))
      std::cout << ", " << counted(info["shards"].get<std::uint64_t>(), "shard") << ", "
                << counted(info["samples"].get<std::uint64_t>(), "sample");
    if (info.contains("table"))
      std::cout << ", " << counted(info["table"]["rows"].get<std::uint64_t>(), "row") << " in "
                << counted(info["table"]["row_groups"].get<std::uint64_t>(), "row group");
    if (info.contains("labels"))
      std::cout << " of " << info["labels"]["format"].get<std::string>() << ", "
                << counted(info["labels"]["spans"].get<std::uint64_t>(), "span") << ", "
                << counted(info["labels"]["objects"].get<std::uint64_t>(), "object");
    if (info.contains("picture"))
      std::cout << fmt::format(", {} x {} pixels", info["picture"]["width"].get<int>(),
                               info["picture"]["height"].get<int>());
    if (info.contains("array"))
      std::cout << ", " << info["array"]["dtype"].get<std::string>() << " "
                << info["array"]["shape"].dump();
  }

  static void print_files(const Json& info) {
    for (const Json& member : info.value("members", Json::array()))
      std::cout << fmt::format("  .{}: {}, {}\n", member["extension"].get<std::string>(),
                               counted(member["count"].get<std::uint64_t>(), "member"),
                               human_bytes(member["bytes"].get<std::uint64_t>()));
    if (info.contains("damage"))
      std::cout << "  DAMAGED: " << info["damage"].get<std::string>() << "\n";
    for (const Json& file : info.value("files", Json::array()))
      std::cout << fmt::format("  {}: {}\n", file["extension"].get<std::string>(),
                               counted(file["count"].get<std::uint64_t>(), "file"));
    if (info.contains("table")) {
      Table table({"column", "type", "list depth"});
      for (const Json& column : info["table"]["columns"])
        table.add({column["name"].get<std::string>(), column["dtype"].get<std::string>(),
                   std::to_string(column["list_depth"].get<int>())});
      std::cout << table.text();
    }
    for (const Json& entry : info.value("contents", Json::array()))
      std::cout << "  " << entry["key"].get<std::string>() << ": "
                << entry["text"].get<std::string>() << "\n";
    if (info.contains("labels"))
      for (const auto& [name, count] : info["labels"]["names"].items())
        std::cout << "  " << name << ": " << count << "\n";
  }

  static void print_streams(const Json& streams) {
    Table table({"stream", "kind", "count", "rate Hz", "first s", "last s", "what"});
    for (const Json& stream : streams) {
      std::string what;
      if (stream.contains("video"))
        what = video_text(stream["video"]);
      else if (stream.contains("columns"))
        what = columns_text(stream["columns"]);
      if (stream["kind"] == "events" && stream.contains("details")) what = fields_text(stream);
      if (stream.contains("clock") && stream["clock"].is_string())
        what = clock_text(stream) + (what.empty() ? "" : "; " + what);
      if (stream["kind"] != "events") what += gaps_text(stream);  // events keep no pace
      if (stream.contains("clock") && stream["clock"].is_object())
        what += (what.empty() ? "" : "; ") + clock_map_text(stream["clock"]);
      if (const std::string stated = stated_rate_text(stream); !stated.empty())
        what += (what.empty() ? "" : "; ") + stated;
      if (stream.contains("error")) what = stream["error"].get<std::string>();
      table.add({stream["name"].get<std::string>(), stream["kind"].get<std::string>(),
                 number(stream, "count", 0), number(stream, "rate_hz", 3),
                 seconds(stream, "first_ns"), seconds(stream, "last_ns"), what});
    }
    std::cout << table.text();
  }
  /// Where it is another than the samples show.
  static std::string stated_rate_text(const Json& stream) {
    const double stated = stream.value("nominal_rate_hz", 0.0);
    if (stated <= 0 || !stream["rate_hz"].is_number() ||
        std::abs(stream["rate_hz"].get<double>() - stated) <= 0.001 * stated)
      return "";
    return fmt::format("stated {:.6g} Hz", stated);
  }
  static std::string video_text(const Json& video) {
    std::string text = fmt::format("{} {}x{}", video["codec"].get<std::string>(),
                                   video["width"].get<int>(), video["height"].get<int>());
    const auto pixels = video["pix_fmt"].get<std::string>();
    if (video.value("no_decoder", false))
      text += ", NO DECODER for it is installed";
    else
      text += pixels.empty() ? ", no picture could be decoded" : " " + pixels;
    if (const int turned = video.value("rotation", 0); turned != 0)
      text += fmt::format(", shown turned by {} degrees", turned);
    if (video.contains("key_frames"))
      text += fmt::format(", {}, longest GOP {}",
                          counted(video["key_frames"].get<std::uint64_t>(), "key frame"),
                          counted(video["longest_gop"].get<std::uint64_t>(), "frame"));
    if (video.contains("first_frames"))
      text += fmt::format(" in the first {}",
                          counted(video["first_frames"].get<std::uint64_t>(), "frame"));
    if (video.value("b_frames", false)) text += ", B-frames";
    text += gaps_text(video);
    if (!video.value("complete", true)) text += ", DAMAGED";
    return text;
  }
  /// Which field of the file is the clock, and its unit.
  static std::string clock_text(const Json& stream) {
    std::string text = "time " + stream["clock"].get<std::string>();
    const Json details = stream.value("details", Json::object());
    if (details.contains("time_unit")) {
      text += " in " + details["time_unit"].get<std::string>();
      if (details.value("time_unit_assumed", false)) text += " (assumed)";
    }
    return text;
  }
  /// How the stream's clock lies on the session's, at its first knot.
  static std::string clock_map_text(const Json& clock) {
    const Json& knots = clock["knots"];
    std::string text = "clock " + clock["method"].get<std::string>();
    if (const std::size_t breaks = clock.value("breaks", Json::array()).size(); breaks > 0)
      text += ", joined over " + counted(breaks, "break");
    if (clock.contains("wrap"))
      text +=
          fmt::format(", a counter of {} bits, its wraps undone", clock["wrap"]["bits"].get<int>());
    if (clock["method"] == "assumed") return text;  // nothing was stated: no 0 as if it were known
    const Json& knot = knots.front();
    const double offset = static_cast<double>(knot["session_ns"].get<std::int64_t>()) -
                          static_cast<double>(knot["stream_ns"].get<std::int64_t>());
    text += fmt::format(" {:+.3f} ms, {:+.2f} ppm", offset / 1e6, knot["skew_ppm"].get<double>());
    if (knots.size() > 1) text += fmt::format(" (first of {} knots)", knots.size());
    return text;
  }
  static std::string fields_text(const Json& stream) {
    std::string text;
    for (const Json& field : stream["details"].value("fields", Json::array())) {
      if (field == stream.value("time_field", stream.value("clock", Json()))) continue;
      if (text.size() > 70) return text + ", ..";
      text += (text.empty() ? "" : ", ") + field.get<std::string>();
    }
    return text;
  }
  static std::string gaps_text(const Json& parent) {
    const Json gaps = parent.value("time", Json::object()).value("gaps", Json::object());
    if (gaps.value("count", std::uint64_t{0}) == 0) return "";
    double longest = 0;
    for (const Json& gap : gaps["longest"]) longest = std::max(longest, gap.value("ms", 0.0));
    return fmt::format(", {}, longest {:.1f} ms",
                       counted(gaps["count"].get<std::uint64_t>(), "gap"), longest);
  }
  static std::string columns_text(const Json& columns) {
    std::string text;
    for (const Json& column : columns) {
      if (text.size() > 70) return text + fmt::format(", .. ({} columns)", columns.size());
      text += (text.empty() ? "" : ", ") + column["name"].get<std::string>();
      if (column["width"] != 1) text += fmt::format("[{}]", column["width"].get<std::size_t>());
      if (column.contains("unit")) text += " " + column["unit"].get<std::string>();
    }
    return text;
  }

  std::vector<std::string> paths_;
  bool scan_ = false;
  JsonOption json_;
};

}  // namespace

std::unique_ptr<Command> info_command() { return std::make_unique<InfoCommand>(); }

}  // namespace reelcell::cli
