// The loss sink: data was lost or looks wrong, but work goes on. Entries with the same code and
// place are counted together, so a file with a million torn lines gives one line of report.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace reelcell {

enum class Severity {
  kNote,     ///< worth knowing; nothing lost
  kWarning,  ///< suspicious, all data kept
  kLoss,     ///< data lost or quarantined: the run ends with exit code 3
};
std::string_view to_string(Severity severity);

struct Diagnostic {
  Severity severity = Severity::kWarning;
  std::string code;     ///< stable, kebab-case: "csv-torn-line"
  std::string where;    ///< file, or file and stream: "run07.mcap: /wrist_cam"
  std::string message;  ///< of the first occurrence; found, expected, next step
  std::uint64_t count = 1;
  /// Where in time the loss lies (ns of the stream's own clock), first and last occurrence.
  std::optional<std::int64_t> first_ns;
  std::optional<std::int64_t> last_ns;
};

/// Thread-safe. `summary()` is sorted by (where, code), so it does not depend on arrival order.
class Diagnostics {
 public:
  void add(Diagnostic entry);
  void note(std::string code, std::string where, std::string message);
  void warn(std::string code, std::string where, std::string message);
  void loss(std::string code, std::string where, std::string message, std::uint64_t count = 1,
            std::optional<std::int64_t> at_ns = std::nullopt);
  std::vector<Diagnostic> summary() const;
  bool has_loss() const;
  std::uint64_t count(std::string_view code) const;  ///< over all places
  bool empty() const;
  void merge(const Diagnostics& other);  ///< counts add up
  /// Counts of the same code and place become the larger of both: for passes over the same data.
  void merge_max(const Diagnostics& other);

 private:
  mutable std::mutex mutex_;
  std::vector<Diagnostic> entries_;
};

}  // namespace reelcell
