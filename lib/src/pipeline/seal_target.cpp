// What is asked before a build in parts begins, and not when it has ended.
#include <algorithm>
#include <cctype>

#include "internal/build_folder.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/base/json.hpp"
#include "reelcell/pipeline/cluster.hpp"

namespace reelcell::pipeline {
namespace {

bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(),
                                      [](unsigned char c) { return std::isdigit(c) != 0; });
}

bool is_word(std::string_view text, std::string_view word) {
  return std::equal(text.begin(), text.end(), word.begin(), word.end(),
                    [](unsigned char a, char b) { return std::toupper(a) == b; });
}

/// "4", "4:00", "4:00:00": at most `most` numbers.
bool are_numbers(std::string_view text, std::size_t most) {
  for (std::size_t numbers = 1;; ++numbers) {
    const std::size_t end = text.find(':');
    if (numbers > most || !all_digits(text.substr(0, end))) return false;
    if (end == std::string_view::npos) return true;
    text.remove_prefix(end + 1);
  }
}

}  // namespace

std::string wrong_slurm_time(const std::string& text) {
  if (is_word(text, "UNLIMITED") || is_word(text, "INFINITE")) return "";
  const std::size_t dash = text.find('-');
  const bool right = dash == std::string::npos
                         ? are_numbers(text, 3)
                         : all_digits(std::string_view(text).substr(0, dash)) &&
                               are_numbers(std::string_view(text).substr(dash + 1), 3);
  return right ? ""
               : "'" + text +
                     "' is no time limit of sbatch; expected minutes (90), hours:minutes:seconds "
                     "(2:00:00), days-hours (1-12) or days-hours:minutes:seconds";
}

std::string wrong_slurm_memory(const std::string& text) {
  std::string_view number = text;
  if (!number.empty() && std::string_view("KMGTkmgt").find(number.back()) != std::string_view::npos)
    number.remove_suffix(1);
  return all_digits(number) ? ""
                            : "'" + text +
                                  "' is no memory of sbatch; expected a whole number of megabytes, "
                                  "or with K, M, G or T behind it: 8G";
}

void check_seal_target(const fs::path& plan, const fs::path& out) {
  const std::string build = read_json_file(plan / "plan.json").value("build", "");
  const std::string where = "--out " + out.string();
  std::error_code error;
  if (!fs::exists(out, error)) return;
  if (!fs::is_directory(out, error))
    throw PlanError(where, "is a file, a folder for the corpus was expected");
  switch (BuildFolder::look_at(out, build)) {
    case BuildFolder::Holds::kOthersFiles:
      throw PlanError(where, "is not empty and holds no corpus; choose an empty or new folder");
    case BuildFolder::Holds::kOtherCorpus:
      throw PlanError(where,
                      "holds a complete corpus of other sessions, another recipe or another "
                      "version of this program, and sealing would refuse it at the end; choose "
                      "another folder");
    case BuildFolder::Holds::kNothing:
    case BuildFolder::Holds::kThisBuild:
      return;
  }
}

}  // namespace reelcell::pipeline
