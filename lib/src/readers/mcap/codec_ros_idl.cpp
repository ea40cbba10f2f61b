// The part of OMG IDL 4.2 that rosidl emits: modules, structs, typedefs, enums, constants,
// annotations.
#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <map>
#include <optional>
#include <utility>

#include "internal/codec/ros_schema.hpp"
#include "reelcell/base/error.hpp"

namespace reelcell::readers::mcap {
namespace {

struct Token {
  std::string text;  ///< "" at the end
  std::size_t line = 0;
};

/// Drops comments, preprocessor lines, and the "====" / "IDL: name" lines between joined files.
std::vector<Token> tokenize(std::string_view text) {
  std::vector<Token> tokens;
  std::size_t line = 1, i = 0;
  bool line_start = true;
  const auto skip_line = [&] {
    while (i < text.size() && text[i] != '\n') ++i;
  };
  while (i < text.size()) {
    const char c = text[i];
    if (c == '\n') {
      ++line, ++i;
      line_start = true;
      continue;
    }
    if (std::isspace(static_cast<unsigned char>(c))) {
      ++i;
      continue;
    }
    if (line_start &&
        (c == '#' || text.substr(i).starts_with("===") || text.substr(i).starts_with("IDL:"))) {
      skip_line();
      continue;
    }
    line_start = false;
    if (text.substr(i).starts_with("//")) {
      skip_line();
    } else if (text.substr(i).starts_with("/*")) {
      const auto end = text.find("*/", i + 2);
      for (const std::size_t stop = std::min(end, text.size()); i < stop; ++i)
        line += text[i] == '\n';
      i = std::min(i + 2, text.size());
    } else if (c == '"' || c == '\'') {
      std::size_t end = i + 1;
      while (end < text.size() && text[end] != c) end += text[end] == '\\' ? 2 : 1;
      end = std::min(end + 1, text.size());
      tokens.push_back({std::string(text.substr(i, end - i)), line});
      for (; i < end; ++i) line += text[i] == '\n';
    } else if (std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '.') {
      const std::size_t begin = i;
      while (i < text.size() && (std::isalnum(static_cast<unsigned char>(text[i])) ||
                                 text[i] == '_' || text[i] == '.'))
        ++i;
      tokens.push_back({std::string(text.substr(begin, i - begin)), line});
    } else if (text.substr(i).starts_with("::")) {
      tokens.push_back({"::", line});
      i += 2;
    } else {
      tokens.push_back({std::string(1, c), line});
      ++i;
    }
  }
  tokens.push_back({"", line});
  return tokens;
}

class Parser {
 public:
  explicit Parser(std::string_view text) : tokens_(tokenize(text)) {}

  void parse() {
    while (!peek().empty()) definition("");
  }
  std::vector<RawStruct> structs;
  std::map<std::string, RawField> aliases;  ///< typedefs and enums, by full name
  std::map<std::string, std::uint32_t> constants;
  std::map<std::string, std::string> unsupported;  ///< unions and the like, an error only when used

 private:
  const std::string& peek() const { return tokens_[at_].text; }
  std::string take() {
    if (peek().empty()) fail("more text");
    return tokens_[at_++].text;
  }
  bool accept(std::string_view text) {
    if (peek() != text) return false;
    ++at_;
    return true;
  }
  void expect(std::string_view text) {
    if (!accept(text)) fail("'" + std::string(text) + "'");
  }
  [[noreturn]] void fail(const std::string& expected) const {
    throw InputError("IDL line " + std::to_string(tokens_[at_].line) + ": found '" +
                     peek().substr(0, 60) + "', expected " + expected);
  }
  std::string identifier() {
    const std::string& text = peek();
    if (text.empty() || !(std::isalpha(static_cast<unsigned char>(text[0])) || text[0] == '_'))
      fail("a name");
    return take();
  }

  void skip_annotations() {
    while (accept("@")) {
      scoped_name();
      if (peek() == "(") skip_group("(", ")");
    }
  }
  void skip_group(std::string_view open, std::string_view close) {
    int depth = 0;
    do {
      const std::string token = take();
      if (token == open) ++depth;
      if (token == close) --depth;
    } while (depth > 0);
  }
  std::string scoped_name() {
    std::string name;
    if (accept("::")) name = "::";
    name += identifier();
    while (accept("::")) name += "::" + identifier();
    return name;
  }

  void definition(const std::string& scope) {
    if (++depth_ > 64) fail("modules nested at most 64 deep");
    skip_annotations();
    const std::string keyword = take();
    if (keyword == "module") {
      const std::string name = scope + identifier() + "::";
      expect("{");
      while (!accept("}")) definition(name);
    } else if (keyword == "struct") {
      structure(scope);
    } else if (keyword == "typedef") {
      const RawField type = type_spec();
      do {
        RawField alias = declarator(type, scope);
        const std::string name = scope + std::exchange(alias.name, "");
        aliases[name] = alias;
      } while (accept(","));
    } else if (keyword == "enum") {
      aliases[scope + identifier()] = RawField{"uint32", "", RosField::Array::kNone, 0};
      skip_group("{", "}");
    } else if (keyword == "const") {
      constant(scope);
    } else if (keyword == "union" || keyword == "bitmask" || keyword == "bitset" ||
               keyword == "interface") {
      unsupported[scope + identifier()] = keyword;
      while (peek() != "{") take();
      skip_group("{", "}");
    } else {
      --at_;
      fail("module, struct, typedef, enum or const");
    }
    accept(";");
    --depth_;
  }

  void constant(const std::string& scope) {
    type_spec();
    const std::string name = scope + identifier();
    expect("=");
    const std::string value = peek();
    while (peek() != ";") take();
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (error == std::errc() && end == value.data() + value.size()) constants[name] = number;
  }

  void structure(const std::string& scope) {
    RawStruct made{scope + identifier(), {}};
    if (structs.size() >= kMaxStructs) fail("at most 4096 structs");
    if (accept(":"))
      made.fields.push_back(
          {scoped_name(), "", RosField::Array::kNone, 0});  // base: fields inlined later
    if (accept("{")) {
      while (!accept("}")) {
        skip_annotations();
        const RawField type = type_spec();
        do made.fields.push_back(declarator(type, made.name + "::"));
        while (accept(","));
        expect(";");
      }
    }
    structs.push_back(std::move(made));
  }

  std::uint32_t bound(const std::string& scope) {
    const std::string text = peek();
    if (!text.empty() && std::isdigit(static_cast<unsigned char>(text[0]))) {
      std::uint32_t value = 0;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
      if (error != std::errc() || end != text.data() + text.size()) fail("an array length");
      take();
      return value;
    }
    const std::string name = scoped_name();
    for (std::string at = scope;;) {
      if (const auto found = constants.find(at + name); found != constants.end())
        return found->second;
      if (at.empty()) break;
      const auto cut = at.size() >= 2 ? at.rfind("::", at.size() - 3) : std::string::npos;
      at = cut == std::string::npos ? "" : at.substr(0, cut + 2);
    }
    fail("an array length (a number or a constant)");
  }

  RawField declarator(const RawField& type, const std::string& scope) {
    RawField field = type;
    field.name = identifier();
    std::uint64_t length = 1;
    bool fixed = false;
    while (accept("[")) {
      length *= bound(scope);
      if (length > kMaxFixedArray) fail("a shorter array");
      expect("]");
      fixed = true;
    }
    if (!fixed) return field;
    if (field.array != RosField::Array::kNone) fail("no array of sequences");
    field.array = RosField::Array::kFixed;
    field.length = static_cast<std::uint32_t>(length);
    return field;
  }

  RawField type_spec() {
    RawField field;
    if (accept("sequence")) {
      expect("<");
      field = type_spec();
      if (field.array != RosField::Array::kNone) fail("no sequence of sequences");
      field.array = RosField::Array::kSequence;
      if (accept(",")) bound("");
      expect(">");
      return field;
    }
    if (peek() == "string" || peek() == "wstring") {
      field.type = take();
      if (accept("<")) {
        bound("");
        expect(">");
      }
      return field;
    }
    static constexpr std::array<std::string_view, 4> kWords = {"unsigned", "long", "short",
                                                               "double"};
    std::string words;
    while (std::find(kWords.begin(), kWords.end(), peek()) != kWords.end())
      words += (words.empty() ? "" : " ") + take();
    field.type = words.empty() ? scoped_name() : words;
    return field;
  }

  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

std::optional<Prim> primitive(std::string_view type) {
  static constexpr std::array<std::pair<std::string_view, Prim>, 22> kPrimitives = {
      {{"boolean", Prim::kBool},
       {"octet", Prim::kUInt8},
       {"char", Prim::kUInt8},
       {"float", Prim::kFloat32},
       {"double", Prim::kFloat64},
       {"short", Prim::kInt16},
       {"unsigned short", Prim::kUInt16},
       {"long", Prim::kInt32},
       {"unsigned long", Prim::kUInt32},
       {"long long", Prim::kInt64},
       {"unsigned long long", Prim::kUInt64},
       {"int8", Prim::kInt8},
       {"uint8", Prim::kUInt8},
       {"int16", Prim::kInt16},
       {"uint16", Prim::kUInt16},
       {"int32", Prim::kInt32},
       {"uint32", Prim::kUInt32},
       {"int64", Prim::kInt64},
       {"uint64", Prim::kUInt64},
       {"string", Prim::kString},
       {"builtin_interfaces::msg::Time", Prim::kTime},
       {"builtin_interfaces::msg::Duration", Prim::kDuration}}};
  for (const auto& [name, prim] : kPrimitives)
    if (name == type) return prim;
  return std::nullopt;
}

/// Names become absolute, typedefs and base structs are put in place of their names.
class NameResolver {
 public:
  explicit NameResolver(const Parser& parsed) : parsed_(parsed) {
    for (std::size_t i = 0; i < parsed.structs.size(); ++i)
      index_.emplace(parsed.structs[i].name, i);
  }

  /// Innermost scope first, as C++ looks names up.
  std::string absolute(const std::string& name, const std::string& owner) const {
    if (name.starts_with("::")) return name.substr(2);
    for (std::string scope = owner;;) {
      const auto cut = scope.rfind("::");
      scope = cut == std::string::npos ? "" : scope.substr(0, cut);
      const std::string full = scope.empty() ? name : scope + "::" + name;
      if (index_.contains(full) || parsed_.aliases.contains(full) ||
          parsed_.unsupported.contains(full))
        return full;
      if (scope.empty()) return name;
    }
  }

  RawField expand(RawField field, const std::string& owner) const {
    for (int hops = 0; hops < 64; ++hops) {
      if (primitive(field.type)) return field;
      field.type = absolute(field.type, owner);
      const auto alias = parsed_.aliases.find(field.type);
      if (primitive(field.type) || alias == parsed_.aliases.end()) return field;
      const RawField& target = alias->second;
      if (target.array != RosField::Array::kNone) {
        if (field.array != RosField::Array::kNone)
          throw InputError("field '" + field.name + "' of '" + owner +
                           "' is an array of arrays, which is not read");
        field.array = target.array;
        field.length = target.length;
      }
      // The alias's own type is named as seen from where the alias stands.
      field.type = primitive(target.type) ? target.type : absolute(target.type, alias->first);
    }
    throw InputError("typedef '" + field.type + "' refers to itself");
  }

  std::vector<RawStruct> structs() const {
    std::vector<RawStruct> made;
    for (const RawStruct& raw : parsed_.structs) {
      made.push_back({raw.name, {}});
      inline_fields(raw, made.back(), 0);
    }
    return made;
  }

  int find(const std::string& type, const std::string& owner) const {
    if (const auto found = index_.find(type); found != index_.end())
      return static_cast<int>(found->second);
    const auto bad = parsed_.unsupported.find(type);
    throw InputError("type '" + type + "' in '" + owner + "' is " +
                     (bad != parsed_.unsupported.end()
                          ? "a " + bad->second + ", which is not read"
                          : std::string("neither a primitive nor defined in the schema")));
  }

 private:
  void inline_fields(const RawStruct& from, RawStruct& into, int depth) const {
    if (depth > 16)
      throw InputError("struct '" + from.name + "' has too long a chain of base structs");
    for (const RawField& field : from.fields) {
      if (field.name.empty()) {
        const int base = find(absolute(field.type, from.name), from.name);
        inline_fields(parsed_.structs[static_cast<std::size_t>(base)], into, depth + 1);
      } else {
        into.fields.push_back(expand(field, from.name));
      }
    }
  }

  const Parser& parsed_;
  std::map<std::string, std::size_t> index_;
};

}  // namespace

RosSchema parse_ros_idl(std::string_view text, const std::string& name) {
  Parser parser(text);
  parser.parse();
  const NameResolver names(parser);
  const std::vector<RawStruct> structs = names.structs();
  std::string root_name;
  for (const char c : name) root_name += c == '/' ? std::string("::") : std::string(1, c);
  std::size_t root = structs.size();
  for (std::size_t i = 0; i < structs.size(); ++i)
    if (structs[i].name == root_name || structs[i].name.ends_with("::" + root_name)) root = i;
  if (root == structs.size())
    throw InputError("the IDL does not define '" + name + "', which the schema is named after");
  return link_structs(
      structs, root, RosDialect::kRos2,
      [&](const std::string& type, const RawStruct& owner, Prim* prim) {
        if (type == "wstring" || type == "wchar" || type == "long double")
          throw InputError(
              "field of type " + type + " in '" + owner.name +
              "': DDS vendors disagree on its encoding, so such messages are not read");
        if (const auto found = primitive(type)) {
          *prim = *found;
          return -1;
        }
        return names.find(type, owner.name);
      });
}

}  // namespace reelcell::readers::mcap
