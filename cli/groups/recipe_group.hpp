// --recipe, --variant, --set.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "reelcell/pipeline/recipe.hpp"

namespace reelcell::cli {

struct RecipeGroup {
  std::string file, variant;
  std::vector<std::string> overrides;
  void setup(CLI::App& app, bool required);
  pipeline::Recipe read() const;
};

}  // namespace reelcell::cli
