// Findings as text, JSON, JUnit XML and SARIF 2.1.0.
#pragma once

#include <string>
#include <vector>

#include "reelcell/model/finding.hpp"

namespace reelcell::cli {

struct Checked {
  std::string path;
  std::string kind;  ///< what the path was taken for
  Findings findings;
};

/// `format`: "text", "json", "junit" or "sarif".
std::string render_findings(const std::vector<Checked>& all, const std::string& format);

}  // namespace reelcell::cli
