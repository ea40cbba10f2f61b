// Options that are given several times.
#pragma once

#include <CLI/CLI.hpp>

namespace reelcell::cli {

/// May be given several times, each time with one value: the word after it is no value of it.
inline CLI::Option* repeatable(CLI::Option* option) {
  return option->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->allow_extra_args(false);
}

}  // namespace reelcell::cli
