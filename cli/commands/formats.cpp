// reelcell formats: what can be read, written, cut, labelled and gated, from the generated tables.
#include <iostream>

#include "command.hpp"
#include "groups/common.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/curate/registry.hpp"
#include "reelcell/label/rules.hpp"
#include "reelcell/readers/registry.hpp"
#include "reelcell/segment/registry.hpp"
#include "reelcell/writers/registry.hpp"
#include "render/table.hpp"

namespace reelcell::cli {
namespace {

Json options_json(const std::vector<OptionSpec>& options) {
  Json list = Json::object();
  for (const OptionSpec& spec : options) list[spec.name] = option_schema(spec);
  return list;
}

template <class Rows>
Json stages_json(const Rows& rows) {
  Json list = Json::array();
  for (const auto* row : rows)
    list.push_back(
        {{"name", row->name}, {"summary", row->summary}, {"options", options_json(row->options)}});
  return list;
}

Json all_json() {
  Json readers = Json::array();
  for (const ReaderRow* row : readers::all_readers())
    readers.push_back({{"name", row->name},
                       {"summary", row->summary},
                       {"extensions", row->extensions},
                       {"options", options_json(row->options)}});
  return {{"version", 1},
          {"inputs", readers},
          {"outputs", stages_json(writers::all_writers())},
          {"segmenters", stages_json(segment::all_segmenters())},
          {"gates", stages_json(curate::all_gates())},
          {"label_functions", label::describe_functions()}};
}

std::string markdown(const Json& all) {
  std::string text = "| format | in | out | what |\n|---|---|---|---|\n";
  for (const Json& row : all["inputs"])
    text += "| " + row["name"].get<std::string>() + " | yes | | " +
            row["summary"].get<std::string>() + " |\n";
  for (const Json& row : all["outputs"])
    text += "| " + row["name"].get<std::string>() + " | | yes | " +
            row["summary"].get<std::string>() + " |\n";
  return text;
}

class FormatsCommand : public Command {
 public:
  std::string name() const override { return "formats"; }
  std::string summary() const override {
    return "List the formats, segmenters, gates and label functions with their options.";
  }
  std::string examples() const override {
    return "  reelcell formats\n  reelcell formats webdataset\n  reelcell formats --json";
  }
  void setup(CLI::App& app) override {
    auto* option = app.add_option("name", name_, "Only this one, with its options");
    one_of(option, "format or stage", stage_names());
    option->type_name("NAME");
    app.add_flag("--markdown", markdown_, "Print the table of formats for a README");
    json_.setup(app);
  }
  Outcome run() override {
    const Json all = all_json();
    if (!name_.empty()) return print_one(all);
    if (json_.json) {
      print_json(all);
    } else if (markdown_) {
      std::cout << markdown(all);
    } else {
      Table table({"kind", "name", "what"});
      for (const char* kind : {"inputs", "outputs", "segmenters", "gates"})
        for (const Json& row : all[kind])
          table.add({std::string(kind).substr(0, std::string(kind).size() - 1),
                     row["name"].get<std::string>(), row["summary"].get<std::string>()});
      for (const Json& row : all["label_functions"])
        table.add(
            {"function", row.value("signature", row.value("name", "")), row.value("help", "")});
      std::cout << table.text();
    }
    return Outcome::kDone;
  }

 private:
  static std::vector<std::string> stage_names() {
    std::vector<std::string> names;
    for (const auto* row : readers::all_readers()) names.push_back(row->name);
    for (const auto* row : writers::all_writers()) names.push_back(row->name);
    for (const auto* row : segment::all_segmenters()) names.push_back(row->name);
    for (const auto* row : curate::all_gates()) names.push_back(row->name);
    return names;
  }

  Outcome print_one(const Json& all) const {
    for (const char* kind : {"inputs", "outputs", "segmenters", "gates"})
      for (const Json& row : all[kind]) {
        if (row["name"] != name_) continue;
        if (json_.json) {
          print_json(row);
          return Outcome::kDone;
        }
        std::cout << name_ << " (" << std::string(kind).substr(0, std::string(kind).size() - 1)
                  << "): " << row["summary"].get<std::string>() << "\n";
        Table table({"option", "default", "what"});
        for (const auto& [option, schema] : row["options"].items())
          table.add({option, schema.contains("default") ? default_text(schema["default"]) : "-",
                     schema["description"].get<std::string>()});
        std::cout << table.text();
        return Outcome::kDone;
      }
    throw InputError(unknown_name("format or stage", name_, stage_names()));  // setup() checked it
  }

  static std::string default_text(const Json& value) {
    return value.is_string() && !value.get<std::string>().empty() ? value.get<std::string>()
                                                                  : value.dump();
  }

  std::string name_;
  bool markdown_ = false;
  JsonOption json_;
};

}  // namespace

std::unique_ptr<Command> formats_command() { return std::make_unique<FormatsCommand>(); }

}  // namespace reelcell::cli
