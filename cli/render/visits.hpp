// Visits reports as text.
#pragma once

#include <string>

#include "reelcell/base/json.hpp"

namespace reelcell::cli {

/// Of each session: points by name, each verdict that is tied to no visit with the reason.
std::string visits_text(const Json& reports);
/// Of all sessions together: numbers only; "" when there is no report.
std::string visits_totals(const Json& reports);

}  // namespace reelcell::cli
