#include "groups/recipe_group.hpp"

#include "groups/repeatable.hpp"

namespace reelcell::cli {

void RecipeGroup::setup(CLI::App& app, bool required) {
  auto* option = app.add_option(
      "-r,--recipe", file,
      required ? "Recipe: how sessions become a corpus (JSON; 'reelcell schema recipe')"
               : "Recipe (default: whole sessions, LeRobot v3.0, every column and camera)");
  option->type_name("FILE");
  if (required) option->required();
  app.add_option("--variant", variant,
                 "Use the values of this variant of the recipe (a seat model, a line)")
      ->type_name("NAME");
  repeatable(
      app.add_option(
             "--set", overrides,
             "Set a parameter of the recipe for this run, with its unit: v_max='0.08 rad/s'")
          ->type_name("NAME=VALUE")
          ->check([](const std::string& text) {
            const auto equals = text.find('=');
            return equals != std::string::npos && equals > 0
                       ? std::string()
                       : "'" + text +
                             "' sets nothing: a name, '=' and a value are expected, such as " +
                             "v_max='0.08 rad/s'";
          }));
}

pipeline::Recipe RecipeGroup::read() const {
  return pipeline::read_recipe({file, variant, overrides});
}

}  // namespace reelcell::cli
