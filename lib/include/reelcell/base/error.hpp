// The three kinds of trouble that stop an operation. Loss that does not stop it goes to
// Diagnostics; our own bugs are asserts. cli/main.cpp is the only place that turns these into exit
// codes.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace reelcell {

/// Base of all: a message of the form "where: found, expected, next step". `where` is added once.
class Error : public std::runtime_error {
 public:
  explicit Error(const std::string& message) : std::runtime_error(message), message_(message) {}
  Error(const std::string& where, const std::string& message)
      : std::runtime_error(where.empty() ? message : where + ": " + message),
        where_(where),
        message_(message) {}
  const std::string& where() const { return where_; }
  const std::string& message() const { return message_; }

 private:
  std::string where_;
  std::string message_;
};

/// What we were given cannot be read or does not make sense.
class InputError : public Error {
 public:
  using Error::Error;
};
/// What we were to write could not be written (full disk, read-only folder, ..).
class OutputError : public Error {
 public:
  using Error::Error;
};
/// The request itself cannot be carried out: recipe, options and data contradict each other.
class PlanError : public Error {
 public:
  using Error::Error;
};

/// Runs `body`; an InputError without a place gets `where` as its place.
template <class Body>
decltype(auto) at_place(const std::string& where, Body&& body) {
  try {
    return body();
  } catch (const InputError& error) {
    if (error.where().empty()) throw InputError(where, error.message());
    throw;
  }
}

/// " Did you mean 'x'?" when a candidate is near, else "". Levenshtein distance up to a third of
/// the length.
std::string did_you_mean(std::string_view wrong, const std::vector<std::string>& allowed);
/// "'a', 'b' or 'c'".
std::string list_of(const std::vector<std::string>& allowed);
/// "unknown KIND 'wrong': allowed are 'a', 'b'. Did you mean 'a'?"
std::string unknown_name(std::string_view kind, std::string_view wrong,
                         const std::vector<std::string>& allowed);
/// Text of an errno value with its name: "No space left on device (ENOSPC)", with a next step where
/// one is known.
std::string errno_text(int error);

}  // namespace reelcell
