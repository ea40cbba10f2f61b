// reelcell schema: the JSON Schemas of the documents.
#include <iostream>

#include "command.hpp"
#include "groups/common.hpp"
#include "reelcell/pipeline/schemas.hpp"

namespace reelcell::cli {
namespace {

class SchemaCommand : public Command {
 public:
  std::string name() const override { return "schema"; }
  std::string summary() const override {
    return "Print the JSON Schema (draft-07) of a document, for editors and CI.";
  }
  std::string examples() const override {
    return "  reelcell schema\n  reelcell schema recipe > recipe.schema.json";
  }
  void setup(CLI::App& app) override {
    auto* option = app.add_option("name", name_, "Which document; without it the names are listed");
    one_of(option, "document", pipeline::schema_names());
    option->type_name("NAME");
  }
  Outcome run() override {
    if (name_.empty()) {
      for (const std::string& name : pipeline::schema_names()) std::cout << name << "\n";
    } else {
      print_json(pipeline::schema_named(name_));
    }
    return Outcome::kDone;
  }

 private:
  std::string name_;
};

}  // namespace

std::unique_ptr<Command> schema_command() { return std::make_unique<SchemaCommand>(); }

}  // namespace reelcell::cli
