#include "internal/npy_reader.hpp"

#include <cctype>
#include <string_view>

#include "reelcell/base/error.hpp"

namespace reelcell::webdataset {
namespace {

/// The header is a Python dict literal with three keys; only what NumPy writes is accepted.
class HeaderParser {
 public:
  explicit HeaderParser(std::string_view text) : left_(text) {}

  void parse(NpyInfo& info) {
    bool type = false, order = false, shape = false;
    expect('{');
    while (!accept('}')) {
      const std::string key = quoted();
      expect(':');
      if (key == "descr") {
        type = true;
        if (peek() == '[')
          skip_list();
        else
          info.type = quoted();
      } else if (key == "fortran_order") {
        order = true;
        info.fortran_order = boolean();
      } else if (key == "shape") {
        shape = true;
        info.shape = tuple();
      } else {
        throw InputError("the npy header has an unknown key '" + key + "'");
      }
      if (!accept(',') && peek() != '}') fail("',' or '}'");
    }
    blanks();
    if (!left_.empty()) fail("nothing more");
    if (!type || !order || !shape)
      throw InputError("the npy header lacks one of 'descr', 'fortran_order' and 'shape'");
  }

 private:
  [[noreturn]] void fail(const char* expected) const {
    throw InputError(std::string("the npy header cannot be read: expected ") + expected +
                     " before '" + std::string(left_.substr(0, 20)) + "'");
  }
  void blanks() {
    while (!left_.empty() && (left_.front() == ' ' || left_.front() == '\n'))
      left_.remove_prefix(1);
  }
  char peek() {
    blanks();
    return left_.empty() ? '\0' : left_.front();
  }
  bool accept(char c) {
    if (peek() != c) return false;
    left_.remove_prefix(1);
    return true;
  }
  void expect(char c) {
    const char text[] = {'\'', c, '\'', 0};
    if (!accept(c)) fail(text);
  }
  std::string quoted() {
    const char quote = peek();
    if (quote != '\'' && quote != '"') fail("a quoted text");
    const std::size_t end = left_.find(quote, 1);
    if (end == std::string_view::npos) fail("a closing quote");
    std::string text(left_.substr(1, end - 1));
    left_.remove_prefix(end + 1);
    return text;
  }
  bool boolean() {
    blanks();
    for (const std::string_view word : {"True", "False"}) {
      if (!left_.starts_with(word)) continue;
      left_.remove_prefix(word.size());
      return word == "True";
    }
    fail("True or False");
  }
  std::vector<std::uint64_t> tuple() {
    constexpr std::size_t kMaxDimensions = 64;  // as NumPy
    std::vector<std::uint64_t> values;
    expect('(');
    while (!accept(')')) {
      if (values.size() == kMaxDimensions) fail("at most 64 dimensions");
      std::uint64_t value = 0;
      if (!std::isdigit(static_cast<unsigned char>(peek()))) fail("a size");
      while (!left_.empty() && std::isdigit(static_cast<unsigned char>(left_.front()))) {
        if (value > (1ull << 58)) fail("a size that fits into memory");
        value = value * 10 + static_cast<std::uint64_t>(left_.front() - '0');
        left_.remove_prefix(1);
      }
      values.push_back(value);
      if (!accept(',') && peek() != ')') fail("',' or ')'");
    }
    return values;
  }
  /// Fields of a structured type: not looked into, but brackets and quotes must match.
  void skip_list() {
    int depth = 0;
    do {
      const char c = peek();
      if (c == '\0') fail("']'");
      if (c == '\'' || c == '"') {
        quoted();
        continue;
      }
      if (c == '[' || c == '(') ++depth;
      if (c == ']' || c == ')') --depth;
      left_.remove_prefix(1);
    } while (depth > 0);
  }
  std::string_view left_;
};

/// Bytes of an element, 0 when not known.
std::uint64_t item_size(const std::string& type) {
  if (type.size() < 3) throw InputError("the npy type '" + type + "' is unknown");
  const char order = type[0], kind = type[1];
  if (kind == 'O')
    throw InputError("the npy holds pickled Python objects ('" + type +
                     "'), which loaders refuse to read");
  if (std::string_view("<>|=").find(order) == std::string_view::npos ||
      std::string_view("biufcSUVmM").find(kind) == std::string_view::npos)
    throw InputError("the npy type '" + type + "' is unknown");
  std::uint64_t size = 0;
  for (std::size_t i = 2; i < type.size() && type[i] != '['; ++i) {
    if (!std::isdigit(static_cast<unsigned char>(type[i])) || size > 1'000'000'000)
      throw InputError("the npy type '" + type + "' is unknown");
    size = size * 10 + static_cast<std::uint64_t>(type[i] - '0');
  }
  return kind == 'U' ? 4 * size : size;
}

}  // namespace

NpyInfo read_npy(ByteView bytes) {
  constexpr std::string_view kMagic("\x93NUMPY", 6);
  if (bytes.size() < 10 || as_text(bytes.first(6)) != kMagic)
    throw InputError("does not begin as an npy file");
  const int version = bytes[6];
  if (version < 1 || version > 3)
    throw InputError("npy version " + std::to_string(version) + " is unknown");
  const std::size_t prefix = version == 1 ? 10 : 12;
  if (bytes.size() < prefix) throw InputError("the npy ends within its header");
  std::uint64_t length = bytes[8] | static_cast<std::uint64_t>(bytes[9]) << 8;
  if (version > 1)
    length |= static_cast<std::uint64_t>(bytes[10]) << 16 | static_cast<std::uint64_t>(bytes[11])
                                                                << 24;
  if (length > bytes.size() - prefix) throw InputError("the npy ends within its header");
  NpyInfo info;
  HeaderParser(as_text(bytes.subspan(prefix, length))).parse(info);
  info.data = bytes.subspan(prefix + length);
  if (info.type.empty()) return info;
  std::uint64_t expected = item_size(info.type);
  for (const std::uint64_t n : info.shape) {
    if (n && expected > (1ull << 60) / n)
      throw InputError("the npy's shape is larger than any memory");
    expected *= n;
  }
  if (expected != info.data.size())
    throw InputError("the npy's shape and type need " + std::to_string(expected) +
                     " bytes of data, there are " + std::to_string(info.data.size()));
  return info;
}

}  // namespace reelcell::webdataset
