// reelcell submit: the parts of a plan as a job array, and the sealing after it.
#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <iostream>

#include "command.hpp"
#include "groups/common.hpp"
#include "groups/repeatable.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/pipeline/cluster.hpp"

namespace reelcell::cli {
namespace {

/// Path of this very program: the nodes run the same one, on the storage they share.
std::string own_path() {
  std::error_code error;
  const fs::path path = fs::read_symlink("/proc/self/exe", error);
  return error ? "reelcell" : path.string();
}

/// Standard output of a command without its last line break; OutputError when it fails.
std::string output_of(const std::string& command) {
  std::FILE* pipe = ::popen(command.c_str(), "r");
  if (!pipe) throw OutputError("cannot run '" + command + "'");
  std::string text;
  std::array<char, 512> buffer{};
  while (std::fgets(buffer.data(), buffer.size(), pipe)) text += buffer.data();
  if (::pclose(pipe) != 0)
    throw OutputError("'" + command +
                      "' failed; its message is above. Is this a Slurm cluster, "
                      "and do the partition and account exist?");
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

class SubmitCommand : public Command {
 public:
  std::string name() const override { return "submit"; }
  std::string summary() const override {
    return "Submit the parts of a plan to a Slurm cluster, and the sealing after them.";
  }
  std::string examples() const override {
    return "  reelcell submit --slurm --plan plan --out corpus --dry-run\n"
           "  reelcell submit --slurm --plan plan --out corpus --cpus 4 --mem 8G --time 2:00:00";
  }
  void setup(CLI::App& app) override {
    app.add_flag("--slurm", slurm_, "Submit with sbatch")->required();
    const auto text = [&](const char* name, std::string& value, const char* help,
                          const char* type) {
      return app.add_option(name, value, help)->type_name(type);
    };
    text("--plan", plan_, "Folder that 'reelcell plan' made", "DIR")->required();
    text("-o,--out", out_, "Folder of the corpus that sealing writes", "DIR")->required();
    text("--partition", request_.partition, "Slurm partition (default: the cluster's)", "NAME");
    text("--account", request_.account, "Slurm account (default: the user's)", "NAME");
    text("--time", request_.time, "Time limit of a task, as sbatch takes it", "TIME")
        ->check(pipeline::wrong_slurm_time);
    text("--mem", request_.memory, "Memory of a task, as sbatch takes it: 8G", "SIZE")
        ->check(pipeline::wrong_slurm_memory);
    app.add_option("--cpus", request_.cpus, "Processors of a task (default 1)")
        ->check(CLI::PositiveNumber.description(""))
        ->type_name("N");
    app.add_option("--at-once", request_.at_once,
                   "Tasks that run at the same time at most (default 0: no limit)")
        ->type_name("N");
    repeatable(app.add_option("--sbatch", request_.extra,
                              "One more #SBATCH option: --sbatch=--constraint=ssd; may be repeated")
                   ->type_name("OPTION"));
    app.add_flag("--missing", missing_, "Submit only parts that are not complete");
    app.add_flag("-n,--dry-run", dry_run_, "Print the scripts and commands; submit nothing");
  }
  Outcome run() override {
    request_.folder = plan_;
    request_.out = out_;
    request_.program = own_path();
    const auto status = pipeline::plan_status(plan_);
    pipeline::check_seal_target(plan_, out_);
    std::vector<std::size_t> parts;
    for (const auto& part : status)
      if (!missing_ || !part.complete()) parts.push_back(part.part);
    const std::string work = pipeline::slurm_work_script(request_);
    const std::string seal = pipeline::slurm_seal_script(request_);
    const fs::path folder = fs::absolute(plan_).lexically_normal();
    const std::string work_file = (folder / "work.sbatch").string();
    const std::string seal_file = (folder / "seal.sbatch").string();
    const std::string array =
        "sbatch --parsable --array=" + pipeline::array_text(parts, request_.at_once) + " " +
        quoted(work_file);
    if (dry_run_) {
      std::cout << "# " << work_file << "\n" << work << "\n# " << seal_file << "\n" << seal << "\n";
      if (!parts.empty()) std::cout << "# " << array << "\n";
      std::cout << "# sbatch --parsable " << (parts.empty() ? "" : "--dependency=afterany:JOB ")
                << quoted(seal_file) << "\n";
      return Outcome::kDone;
    }
    make_folders(folder / "log");
    write_file_atomic(work_file, work);
    write_file_atomic(seal_file, seal);
    std::string after;
    if (!parts.empty()) {
      // "JOB" or "JOB;CLUSTER"
      std::string job = output_of(array);
      job = job.substr(0, job.find(';'));
      std::cout << "parts " << pipeline::array_text(parts, request_.at_once) << ": job " << job
                << "\n";
      after = "--dependency=afterany:" + job + " ";
    }
    std::cout << "sealing: job " << output_of("sbatch --parsable " + after + quoted(seal_file))
              << "\nlogs: " << (folder / "log").string() << "\n";
    return Outcome::kDone;
  }

 private:
  static std::string quoted(const std::string& text) {
    std::string out = "'";
    for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return out + "'";
  }
  std::string plan_, out_;
  pipeline::SlurmRequest request_;
  bool slurm_ = false, missing_ = false, dry_run_ = false;
};

}  // namespace

std::unique_ptr<Command> submit_command() { return std::make_unique<SubmitCommand>(); }

}  // namespace reelcell::cli
