// Counts faults of one pass over a file without building a message for each of a million of them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reelcell/base/diagnostics.hpp"

namespace reelcell::textlog {

/// Hands its counts to the Diagnostics at flush() and at the end of its life. Not thread-safe.
class LossCounter {
 public:
  LossCounter(Diagnostics& diagnostics, std::string where)
      : diagnostics_(&diagnostics), where_(std::move(where)) {}
  ~LossCounter() { flush(); }
  LossCounter(const LossCounter&) = delete;
  LossCounter& operator=(const LossCounter&) = delete;

  /// `message` is called for the first occurrence only; "line N: " is put before it. `code` is a
  /// literal.
  template <class Message>
  void add(Severity severity, const char* code, std::uint64_t line, Message&& message,
           std::optional<std::int64_t> at_ns = std::nullopt) {
    Diagnostic* entry = find(code);
    if (!entry) {
      entry = &entries_.emplace_back();
      *entry = {severity, code,  where_, "line " + std::to_string(line) + ": " + message(),
                0,        at_ns, at_ns};
    }
    ++entry->count;
    if (at_ns && !entry->first_ns) entry->first_ns = at_ns;
    if (at_ns) entry->last_ns = at_ns;
  }
  void flush() {
    for (Diagnostic& entry : entries_) {
      if (entry.count > 0) diagnostics_->add(entry);
      entry.count = 0;
    }
  }
  const std::string& where() const { return where_; }

 private:
  Diagnostic* find(std::string_view code) {
    for (Diagnostic& entry : entries_)
      if (entry.code == code) return &entry;
    return nullptr;
  }
  Diagnostics* diagnostics_;
  std::string where_;
  std::vector<Diagnostic> entries_;
};

}  // namespace reelcell::textlog
