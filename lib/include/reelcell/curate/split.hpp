// Splits by group and by hash: stable when more data arrives, never one group in two splits.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "reelcell/base/json.hpp"
#include "reelcell/model/segment.hpp"
#include "reelcell/model/session.hpp"

namespace reelcell::curate {

struct SplitRule {
  std::string by = "session";  ///< "session", "attribute:NAME" or "label:NAME"
  /// Sum 1 +- 1e-9. "train" first, then by name, whatever the order in the document.
  std::vector<std::pair<std::string, double>> ratios = {{"train", 1.0}};
  std::string salt;
};
SplitRule parse_split_rule(const Json& json, const std::string& where);
/// The group of a segment by the rule; InputError when the attribute or label is missing or
/// unknown.
std::string split_group(const SplitRule& rule, const SessionDescription& session,
                        const Segment& segment);
/// Depends only on rule and group.
std::string split_of(const SplitRule& rule, const std::string& group);

}  // namespace reelcell::curate
