#include "reelcell/base/diagnostics.hpp"

#include <algorithm>
#include <tuple>

namespace reelcell {

std::string_view to_string(Severity severity) {
  switch (severity) {
    case Severity::kNote:
      return "note";
    case Severity::kWarning:
      return "warning";
    case Severity::kLoss:
      return "loss";
  }
  return "note";
}

void Diagnostics::add(Diagnostic entry) {
  const std::lock_guard lock(mutex_);
  for (Diagnostic& known : entries_) {
    if (known.code != entry.code || known.where != entry.where) continue;
    known.count += entry.count;
    known.severity = std::max(known.severity, entry.severity);
    if (entry.first_ns && (!known.first_ns || *entry.first_ns < *known.first_ns)) {
      known.first_ns = entry.first_ns;
      known.message = entry.message;  // the earliest in time, whatever thread came first
    }
    const auto last = entry.last_ns ? entry.last_ns : entry.first_ns;
    if (last && (!known.last_ns || *last > *known.last_ns)) known.last_ns = last;
    return;
  }
  if (!entry.last_ns) entry.last_ns = entry.first_ns;
  entries_.push_back(std::move(entry));
}

void Diagnostics::note(std::string code, std::string where, std::string message) {
  add({Severity::kNote, std::move(code), std::move(where), std::move(message), 1, {}, {}});
}

void Diagnostics::warn(std::string code, std::string where, std::string message) {
  add({Severity::kWarning, std::move(code), std::move(where), std::move(message), 1, {}, {}});
}

void Diagnostics::loss(std::string code, std::string where, std::string message,
                       std::uint64_t count, std::optional<std::int64_t> at_ns) {
  add({Severity::kLoss, std::move(code), std::move(where), std::move(message), count, at_ns,
       at_ns});
}

std::vector<Diagnostic> Diagnostics::summary() const {
  const std::lock_guard lock(mutex_);
  std::vector<Diagnostic> sorted = entries_;
  std::sort(sorted.begin(), sorted.end(), [](const Diagnostic& a, const Diagnostic& b) {
    return std::tie(a.where, a.code) < std::tie(b.where, b.code);
  });
  return sorted;
}

bool Diagnostics::has_loss() const {
  const std::lock_guard lock(mutex_);
  return std::any_of(entries_.begin(), entries_.end(),
                     [](const Diagnostic& entry) { return entry.severity == Severity::kLoss; });
}

std::uint64_t Diagnostics::count(std::string_view code) const {
  const std::lock_guard lock(mutex_);
  std::uint64_t total = 0;
  for (const Diagnostic& entry : entries_)
    if (entry.code == code) total += entry.count;
  return total;
}

bool Diagnostics::empty() const {
  const std::lock_guard lock(mutex_);
  return entries_.empty();
}

void Diagnostics::merge(const Diagnostics& other) {
  for (Diagnostic& entry : other.summary()) add(std::move(entry));
}

void Diagnostics::merge_max(const Diagnostics& other) {
  for (Diagnostic& entry : other.summary()) {
    {
      const std::lock_guard lock(mutex_);
      const auto known =
          std::find_if(entries_.begin(), entries_.end(), [&](const Diagnostic& mine) {
            return mine.code == entry.code && mine.where == entry.where;
          });
      if (known != entries_.end()) {
        const std::uint64_t larger = std::max(known->count, entry.count);
        entry.count = larger - known->count;
      }
    }
    add(std::move(entry));
  }
}

}  // namespace reelcell
