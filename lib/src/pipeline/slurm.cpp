// The batch scripts for Slurm. Each task tries again itself and ends with one final exit code:
// Slurm does not run a failed batch script again, and a task that was requeued by hand leaves jobs
// that wait for it with afterok waiting for ever. So sealing waits with afterany and checks.
#include <fmt/format.h>

#include "reelcell/base/error.hpp"
#include "reelcell/pipeline/cluster.hpp"

namespace reelcell::pipeline {
namespace {

/// For a POSIX shell, whatever is in it.
std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

/// A #SBATCH line ends at its end, and a word in it at a blank.
void check_word(const std::string& text, const char* what) {
  if (text.find_first_of("\n\r \t\"'\\#") != std::string::npos)
    throw PlanError(what, "'" + text +
                              "' holds a blank, a quote, a backslash or a '#', which a "
                              "#SBATCH line cannot carry");
}

std::string header(const SlurmRequest& request, const std::string& name, const std::string& log) {
  std::string text = "#!/bin/bash\n#SBATCH --job-name=" + name + "\n";
  const auto option = [&](const char* key, const std::string& value) {
    if (value.empty()) return;
    check_word(value, key);
    text += std::string("#SBATCH ") + key + "=" + value + "\n";
  };
  option("--partition", request.partition);
  option("--account", request.account);
  option("--time", request.time);
  option("--mem", request.memory);
  option("--output", log);
  option("--cpus-per-task", std::to_string(request.cpus));
  text += "#SBATCH --requeue\n#SBATCH --open-mode=append\n";
  for (const std::string& extra : request.extra) {
    check_word(extra, "--sbatch");
    text += "#SBATCH " + extra + "\n";
  }
  return text;
}

/// Runs `command` up to three times; 3 (done, with data quarantined) is a success to Slurm.
std::string with_retries(const std::string& command) {
  return "for try in 1 2 3; do\n  " + command +
         "\n  code=$?\n  case $code in 0|3) exit 0;; 2) exit 2;; esac\n"
         "  echo \"try $try ended with $code\" >&2\ndone\nexit 1\n";
}

}  // namespace

std::string array_text(const std::vector<std::size_t>& parts, std::size_t at_once) {
  std::string text;
  for (std::size_t i = 0; i < parts.size();) {
    std::size_t last = i;
    while (last + 1 < parts.size() && parts[last + 1] == parts[last] + 1) ++last;
    if (!text.empty()) text += ",";
    text += std::to_string(parts[i]);
    if (last > i) text += "-" + std::to_string(parts[last]);
    i = last + 1;
  }
  if (at_once) text += "%" + std::to_string(at_once);
  return text;
}

std::string slurm_work_script(const SlurmRequest& request) {
  const std::string folder = fs::absolute(request.folder).lexically_normal().string();
  return header(request, "reelcell-work", folder + "/log/work-%A-%a.log") +
         with_retries(fmt::format("{} work --plan {} --part \"$SLURM_ARRAY_TASK_ID\" -j {}",
                                  quoted(request.program), quoted(folder), request.cpus));
}

std::string slurm_seal_script(const SlurmRequest& request) {
  const std::string folder = fs::absolute(request.folder).lexically_normal().string();
  const std::string out = fs::absolute(request.out).lexically_normal().string();
  return header(request, "reelcell-seal", folder + "/log/seal-%j.log") +
         with_retries(fmt::format("{} seal --plan {} --out {} -j {}", quoted(request.program),
                                  quoted(folder), quoted(out), request.cpus));
}

}  // namespace reelcell::pipeline
