#include "groups/build_groups.hpp"

#include "reelcell/base/error.hpp"
#include "reelcell/base/options.hpp"

namespace reelcell::cli {

void MemoryOption::setup(CLI::App& app) {
  app.add_option("--memory", text,
                 "Let the segments in work take at most this much memory together (default: half "
                 "of the machine's)")
      ->type_name("SIZE")
      ->check(CLI::Validator(
          [](const std::string& given) {
            try {
              parse_size(given);
              return std::string();
            } catch (const InputError& error) {
              return std::string(error.what());
            }
          },
          ""));
}
std::uint64_t MemoryOption::value() const { return text.empty() ? 0 : parse_size(text); }

void PlanOption::setup(CLI::App& app) {
  app.add_option("--plan", folder, "Folder that 'reelcell plan' made")
      ->required()
      ->type_name("DIR");
}

}  // namespace reelcell::cli
