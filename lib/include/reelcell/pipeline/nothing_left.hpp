// A build of which gates and failures left nothing to write.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "reelcell/base/error.hpp"
#include "reelcell/pipeline/build.hpp"

namespace reelcell::pipeline {

/// Thrown by every build in place of writing a corpus without a sample. report.json is in the
/// folder, unless a complete corpus is; the message names the most frequent reasons.
class NothingLeft : public PlanError {
 public:
  NothingLeft(const std::string& where, const std::string& message,
              std::shared_ptr<const BuildReport> report, std::shared_ptr<Diagnostics> losses)
      : PlanError(where, message), report_(std::move(report)), losses_(std::move(losses)) {}
  const BuildReport& report() const { return *report_; }
  const Diagnostics& losses() const { return *losses_; }

 private:
  std::shared_ptr<const BuildReport> report_;
  std::shared_ptr<Diagnostics> losses_;
};

}  // namespace reelcell::pipeline
