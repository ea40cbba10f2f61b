// Functions of values that are already one: conditions, fallbacks, texts.
#include <cmath>

#include "internal/evaluation.hpp"
#include "internal/function_bodies.hpp"

namespace reelcell::label {
namespace {
/// The two texts of a call, or why there are none.
std::optional<Datum> two_texts(Evaluation& evaluation, const Node& call, std::string& a,
                               std::string& b) {
  for (std::size_t i = 0; i < call.children.size(); ++i) {
    Datum datum = evaluation.argument(call, i);
    if (!datum.known()) return datum;
    const auto* text = std::get_if<std::string>(&datum.value);
    if (!text) return unknown("'" + to_text(datum.value) + "' is not a text");
    (i == 0 ? a : b) = *text;
  }
  return std::nullopt;
}

Datum choose(Evaluation& evaluation, const Node& call, const char* op) {
  Datum a = evaluation.argument(call, 0);
  if (!a.known()) return a;
  Datum b = evaluation.argument(call, 1);
  if (!b.known()) return b;
  Datum first = compare(op, a, b);
  if (!first.known()) return first;
  Datum result = std::get<bool>(first.value) ? a : b;
  result.coverage = std::min(a.coverage, b.coverage);
  return result;
}
}  // namespace

Datum value_if(Evaluation& evaluation, const Node& call) {
  Datum condition = evaluation.argument(call, 0);
  if (!condition.known()) return condition;
  const auto* truth = std::get_if<bool>(&condition.value);
  if (!truth) return unknown("'" + to_text(condition.value) + "' is not true or false");
  Datum result = evaluation.argument(call, *truth ? 1 : 2);
  if (result.known()) result.coverage = std::min(result.coverage, condition.coverage);
  return result;
}

Datum value_default(Evaluation& evaluation, const Node& call) {
  Datum value = evaluation.argument(call, 0);
  if (value.known()) return value;
  Datum fallback = evaluation.argument(call, 1);
  if (fallback.known()) fallback.note = "fallback: " + value.why;
  return fallback;
}

Datum value_least(Evaluation& evaluation, const Node& call) {
  return choose(evaluation, call, "<=");
}
Datum value_greatest(Evaluation& evaluation, const Node& call) {
  return choose(evaluation, call, ">=");
}

Datum value_abs(Evaluation& evaluation, const Node& call) {
  Datum datum = evaluation.argument(call, 0);
  if (!datum.known()) return datum;
  if (const auto* whole = std::get_if<std::int64_t>(&datum.value); whole && *whole != INT64_MIN) {
    datum.value = *whole < 0 ? -*whole : *whole;
    return datum;
  }
  const std::optional<double> number = number_in(datum.value);
  if (!number) return unknown("'" + to_text(datum.value) + "' is not a number");
  datum.value = std::abs(*number);
  return datum;
}

Datum text_starts_with(Evaluation& evaluation, const Node& call) {
  std::string a, b;
  if (const auto why = two_texts(evaluation, call, a, b)) return *why;
  return known(a.starts_with(b));
}
Datum text_ends_with(Evaluation& evaluation, const Node& call) {
  std::string a, b;
  if (const auto why = two_texts(evaluation, call, a, b)) return *why;
  return known(a.ends_with(b));
}
Datum text_contains(Evaluation& evaluation, const Node& call) {
  std::string a, b;
  if (const auto why = two_texts(evaluation, call, a, b)) return *why;
  return known(a.find(b) != std::string::npos);
}
Datum text_lower(Evaluation& evaluation, const Node& call) {
  std::string a, unused;
  if (const auto why = two_texts(evaluation, call, a, unused)) return *why;
  for (char& c : a)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return known(a);
}

}  // namespace reelcell::label
