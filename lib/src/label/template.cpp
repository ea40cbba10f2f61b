// "Inspect point {segment.point} of {session.part}".
#include "internal/check.hpp"
#include "internal/evaluation.hpp"
#include "internal/parser.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/label/rules.hpp"

namespace reelcell::label {
namespace {
std::string plain_text(const Datum& datum, const Type& type) {
  if (type.base == Base::kTime) return datum_text(datum, type);
  std::string text = to_text(shown_value(datum, type));
  if (type.base == Base::kNumber && type.stated && !type.shown.text.empty())
    text += " " + type.shown.text;
  return text;
}

std::string filled(const std::string& text, const Names& names, const Scene& scene,
                   const std::string& where) {
  Expression expression = parse_expression(text, where);
  check_as(expression, names, Base::kAny, "a template");
  const Node& root = *expression.root;
  Datum datum = Evaluation(scene).value(root);
  if (datum.known()) return plain_text(datum, root.type);
  // A label that is unknown is a fact about the segment; a name that does not exist is a mistake.
  const bool label =
      root.binding.kind == Binding::Kind::kLabel && scene.segment->label(root.binding.field);
  if (label) return "unknown";
  fail(expression.source, root.span, datum.why);
}
}  // namespace

std::string fill_template(const std::string& text, const SessionDescription& session,
                          const Segment& segment, const Parameters& parameters,
                          const std::string& where) {
  Names names;
  names.use = Names::Use::kTemplate;
  names.parameters = &parameters;
  names.any_label = true;
  const Scene scene{&segment, nullptr, &session, nullptr};
  std::string result;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    const bool doubled = at + 1 < text.size() && text[at + 1] == c;
    if ((c == '{' || c == '}') && doubled) {
      result += c;
      ++at;
      continue;
    }
    const Source source{text, where};
    if (c == '}') fail(source, {at, at + 1}, "'}' without '{'; a brace of its own is written '}}'");
    if (c != '{') {
      result += c;
      continue;
    }
    const std::size_t close = text.find('}', at);
    if (close == std::string::npos)
      fail(source, {at, at + 1},
           "'{' without '}'; write {segment.point}, or '{{' for a brace of its own");
    result += filled(text.substr(at + 1, close - at - 1), names, scene, where);
    at = close;
  }
  return result;
}

}  // namespace reelcell::label
