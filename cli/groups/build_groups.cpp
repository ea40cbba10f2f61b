#include "groups/build_groups.hpp"

#include "reelcell/base/error.hpp"
#include "reelcell/base/options.hpp"
#include "render/table.hpp"

namespace reelcell::cli {

void MemoryOption::setup(CLI::App& app) {
  setup(app,
        "Let the segments in work take at most this much memory together (default: half of the "
        "machine's)",
        kLeast);
}
void MemoryOption::setup(CLI::App& app, const char* help, std::uint64_t least) {
  app.add_option("--memory", text, help)
      ->type_name("SIZE")
      ->check(CLI::Validator(
          [least](const std::string& given) {
            try {
              return parse_size(given) >= least
                         ? std::string()
                         : "'" + given + "' is too little: " + human_bytes(least) +
                               " are the least, and a segment takes more than that";
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
