// Lines of a JSONL file that may be records; what is not is counted.
#pragma once

#include "reelcell/textlog/fields.hpp"
#include "reelcell/textlog/lines.hpp"
#include "reelcell/textlog/losses.hpp"

namespace reelcell::readers::jsonl {

/// Next line that is not blank; lines beyond the length limit are counted.
inline bool next_line(textlog::LineReader& lines, textlog::Line& line,
                      textlog::LossCounter& losses) {
  while (lines.next(line)) {
    if (line.too_long)
      losses.add(Severity::kLoss, "jsonl-long-line", line.number,
                 [] { return "is longer than 64 MiB and was skipped"; });
    else if (!textlog::trim(line.text).empty())
      return true;
  }
  return false;
}

inline void count_bad_line(const textlog::Line& line, textlog::LossCounter& losses) {
  if (!line.terminated)
    return losses.add(Severity::kLoss, "jsonl-torn-line", line.number,
                      [] { return "the file ends within this record; it was skipped"; });
  losses.add(Severity::kLoss, "jsonl-bad-line", line.number, [&] {
    return "found " + textlog::shown(line.text) + ", expected one JSON object; it was skipped";
  });
}

}  // namespace reelcell::readers::jsonl
