// reelcell edit: finished corpora and data sets -> new ones, by packet copy.
#include <fmt/format.h>

#include <iostream>

#include "command.hpp"
#include "groups/common.hpp"
#include "groups/repeatable.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/pipeline/edit.hpp"
#include "render/diagnostics.hpp"
#include "render/progress_bar.hpp"
#include "render/table.hpp"

namespace reelcell::cli {
namespace {

class EditCommand : public Command {
 public:
  std::string name() const override { return "edit"; }
  std::string summary() const override {
    return "Make a new corpus from finished ones: drop, filter, merge, split, relabel, rename, "
           "re-shard, forget.";
  }
  std::string examples() const override {
    return "  reelcell edit build/sample/corpus --where \"label.verdict = 'OK'\" --out good\n"
           "  reelcell edit build/sample/corpus --drop 0 --out without_first";
  }
  void setup(CLI::App& app) override {
    app.add_option("sources", sources_, "Corpora or LeRobot data sets; several are merged")
        ->required()
        ->type_name("PATH");
    app.add_option("-o,--out", out_, "Folder of the new corpus: new or empty")->type_name("DIR");
    setup_selection(app);
    setup_changes(app);
    app.add_flag("--overwrite", overwrite_, "Replace a corpus in the folder, in one step");
    app.add_flag("-n,--dry-run", dry_run_, "Show what would be kept and changed; write nothing");
    threads_.setup(app);
    json_.setup(app, "Print the report (with --dry-run: the plan) as JSON");
    app.final_callback([this] {
      if (out_.empty() && !dry_run_ && table_.empty()) throw CLI::RequiredError("--out");
    });
  }

  Outcome run() override {
    if (!table_.empty()) return print_query();
    Diagnostics diagnostics;
    const auto plan = pipeline::EditPlan::make(request(), diagnostics);
    if (dry_run_) {
      finish(plan.to_json(), diagnostics, [](const Json& p) { print_plan(p); });
      return diagnostics.has_loss() ? Outcome::kDataLost : Outcome::kDone;
    }
    ProgressBar progress;
    const Json report =
        pipeline::run_edit(plan, {out_, overwrite_, threads_.value()}, diagnostics, progress);
    finish(report, diagnostics, [this](const Json& r) { print_report(r); });
    return diagnostics.has_loss() ? Outcome::kDataLost : Outcome::kDone;
  }

 private:
  void setup_selection(CLI::App& app) {
    app.add_flag("--distinct", distinct_,
                 "Of a recording's stretch that several sources hold, keep the first sample; "
                 "without it such sources are not merged");
    repeatable(app.add_option("--drop", drop_,
                              "Leave out this sample: key, or episode number of one source")
                   ->type_name("SAMPLE"));
    repeatable(app.add_option("--keep", keep_, "Keep only samples named so; may be repeated")
                   ->type_name("SAMPLE"));
    app.add_option("--where", where_,
                   "Keep samples for which this SQL predicate is true (columns: see --query)")
        ->type_name("SQL");
    app.add_option("--forget", forget_,
                   "Remove every sample of this group and prove that nothing of it is left")
        ->type_name("GROUP");
    app.add_option("--query", table_,
                   "Run one SELECT over the table 'samples' that predicates see, and end")
        ->type_name("SQL");
  }
  void setup_changes(CLI::App& app) {
    app.add_option("--map", map_,
                   "CSV or JSON with a key (or episode) and task, split or label.NAME to set")
        ->type_name("FILE");
    repeatable(
        app.add_option("--label", labels_, "Set a label from an SQL expression; may be repeated")
            ->type_name("NAME=SQL"));
    app.add_option("--task", task_, "Set the task from an SQL expression")->type_name("SQL");
    repeatable(app.add_option("--rename", renames_, "Rename a feature; may be repeated")
                   ->type_name("OLD=NEW"));
    repeatable(app.add_option("--set", settings_,
                              "Change an option of the outputs, for example "
                              "lerobot.video_files_size_in_mb=50; may be repeated")
                   ->type_name("[FOLDER.]OPTION=VALUE"));
    app.add_option("--to", format_, "Write one output of this format instead of the source's")
        ->type_name("FORMAT");
    repeatable(
        app.add_option("--split", split_,
                       "Split into corpora by hash of the group, as NAME=SHARE; may be repeated")
            ->type_name("NAME=SHARE"));
    repeatable(app.add_option("--split-where", split_where_,
                              "Split into corpora by SQL predicate; the others go to 'rest'")
                   ->type_name("NAME=SQL"));
    app.add_flag("--split-by-group", split_by_group_, "One corpus for each group");
    app.add_option("--image-stats", image_stats_,
                   "keep: merge the kept figures of pictures, decode where they are missing or "
                   "cannot be right; decode: all frames again (default keep)")
        ->check(CLI::IsMember({"keep", "decode"}));
  }

  static std::pair<std::string, std::string> pair_of(const std::string& flag,
                                                     const std::string& text) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0)
      throw InputError(flag, "'" + text + "' is not of the form NAME=VALUE");
    return {text.substr(0, equals), text.substr(equals + 1)};
  }

  pipeline::EditRequest request() const {
    pipeline::EditRequest request;
    request.sources.assign(sources_.begin(), sources_.end());
    request.distinct = distinct_;
    request.drop = drop_;
    request.keep = keep_;
    request.where = where_;
    request.forget = forget_;
    request.map = map_;
    for (const std::string& text : labels_) request.labels.push_back(pair_of("--label", text));
    request.task = task_;
    for (const std::string& text : renames_) request.renames.push_back(pair_of("--rename", text));
    request.settings = settings_;
    request.format = format_;
    for (const std::string& text : split_) {
      const auto [name, share] = pair_of("--split", text);
      const Json number = Json::parse(share, nullptr, false);
      if (!number.is_number())
        throw InputError("--split", "'" + share + "' is no share; 0.8 would be one");
      request.split_ratios.emplace_back(name, number.get<double>());
    }
    for (const std::string& text : split_where_)
      request.split_wheres.push_back(pair_of("--split-where", text));
    request.split_by_group = split_by_group_;
    request.image_stats = image_stats_;
    return request;
  }

  template <class Print>
  void finish(Json document, const Diagnostics& diagnostics, Print&& print) const {
    if (json_.json) {
      document["diagnostics"] = diagnostics_json(diagnostics);
      print_json(document);
    } else {
      print(document);
      print_diagnostics(diagnostics);
    }
  }

  Outcome print_query() {
    if (sources_.size() != 1) throw InputError("--query", "looks at one corpus or data set");
    const table::QueryResult result = pipeline::edit_table(sources_[0], table_);
    Json rows = Json::array();
    Table table(result.names);
    for (const auto& row : result.rows) {
      Json object = Json::object();
      std::vector<std::string> cells;
      for (std::size_t c = 0; c < row.size(); ++c) {
        object[result.names[c]] = row[c];
        cells.push_back(row[c].is_string() ? row[c].get<std::string>()
                        : row[c].is_null() ? ""
                                           : row[c].dump());
      }
      rows.push_back(std::move(object));
      table.add(std::move(cells));
    }
    if (json_.json)
      print_json(rows);
    else
      std::cout << table.text();
    return Outcome::kDone;
  }

  static void print_plan(const Json& plan) {
    for (const Json& source : plan["sources"])
      std::cout << fmt::format("{}: {} samples\n", source["path"].get<std::string>(),
                               source["samples"].get<std::size_t>());
    for (const Json& corpus : plan["corpora"]) {
      const std::string name = corpus["name"].get<std::string>();
      std::cout << fmt::format("\n{}{} samples, {} rows\n", name.empty() ? "" : name + ": ",
                               corpus["samples"].size(), corpus["rows"].get<std::uint64_t>());
      Table table({"episode", "sample", "split", "group", "was episode", "of", "task"});
      std::size_t episode = 0;
      for (const Json& sample : corpus["samples"])
        table.add({std::to_string(episode++), sample["key"].get<std::string>(),
                   sample["split"].get<std::string>(), sample["group"].get<std::string>(),
                   std::to_string(sample["episode_before"].get<std::uint64_t>()),
                   plan["sources"][sample["source"].get<std::size_t>()]["path"].get<std::string>(),
                   sample["task"].get<std::string>()});
      std::cout << table.text();
    }
    std::cout << fmt::format("\n{} samples left out, {} forgotten; nothing was written\n",
                             plan["left_out"].size(), plan["forgotten"].get<std::size_t>());
  }

  void print_report(const Json& report) const {
    for (const Json& corpus : report["corpora"]) {
      const std::string name = corpus["name"].get<std::string>();
      const Json& video = corpus["edit"]["video"];
      std::cout << fmt::format(
          "{}: {} episodes, {} rows; {} clips copied ({}), {} encoded ({})\n",
          name.empty() ? out_ : out_ + "/" + name, corpus["episodes"].get<std::uint64_t>(),
          corpus["rows"].get<std::uint64_t>(), video["copied"]["clips"].get<std::uint64_t>(),
          human_bytes(video["copied"]["bytes"].get<std::uint64_t>()),
          video["encoded"]["clips"].get<std::uint64_t>(),
          human_bytes(video["encoded"]["bytes"].get<std::uint64_t>()));
      for (const auto& [reason, clips] : video["encoded"]["why"].items())
        std::cout << fmt::format("  {} clips encoded: {}\n", clips.get<std::uint64_t>(), reason);
      if (const auto frames = video["frames_decoded_for_statistics"].get<std::uint64_t>())
        std::cout << fmt::format("  {} frames decoded for statistics that were not kept\n", frames);
    }
    if (const auto left = report["left_out"].get<std::uint64_t>())
      std::cout << fmt::format("{} samples left out\n", left);
    if (!report.contains("forgotten")) return;
    const Json& proof = report["forgotten"];
    std::cout << fmt::format(
        "{} samples forgotten; searched {} files and {} packets for {} names and {} packet hashes: "
        "nothing is left\n",
        proof["samples"].get<std::uint64_t>(), proof["searched"]["files"].get<std::uint64_t>(),
        proof["searched"]["packets"].get<std::uint64_t>(),
        proof["searched"]["names"].get<std::uint64_t>(),
        proof["searched"]["packet_hashes"].get<std::uint64_t>());
  }

  std::vector<std::string> sources_, drop_, keep_, labels_, renames_, settings_, split_,
      split_where_;
  std::string out_, where_, forget_, table_, map_, task_, format_, image_stats_ = "keep";
  bool distinct_ = false, overwrite_ = false, dry_run_ = false, split_by_group_ = false;
  ThreadsOption threads_;
  JsonOption json_;
};

}  // namespace

std::unique_ptr<Command> edit_command() { return std::make_unique<EditCommand>(); }

}  // namespace reelcell::cli
