#include "reelcell/base/json_array.hpp"

#include "reelcell/base/error.hpp"
#include "reelcell/base/file.hpp"

namespace reelcell {
namespace {

constexpr std::size_t kPiece = 1u << 20;

/// Takes a document's text in pieces of any size apart. Brackets and strings only: whether each
/// part is JSON is the parser's business.
class ArraySplitter {
 public:
  ArraySplitter(std::string_view name, std::function<void(std::string&&)> take)
      : quoted_('"' + std::string(name) + '"'), take_(std::move(take)) {}

  void feed(std::string_view text) {
    for (const char c : text) put(c);
  }
  bool found() const { return found_; }
  /// The document with "null" for the array.
  const std::string& rest() const { return rest_; }

 private:
  void put(char c) {
    if (in_string_) {
      keep(c);
      if (escaped_)
        escaped_ = false;
      else if (c == '\\')
        escaped_ = true;
      else if (c == '"')
        in_string_ = false;
      return;
    }
    switch (c) {
      case '"':
        in_string_ = true;
        if (depth_ == 1 && !in_array_) last_string_.clear();
        return keep(c);
      case ':':
        if (depth_ == 1 && !in_array_) value_begins_ = !found_ && last_string_ == quoted_;
        return keep(c);
      case '[':
      case '{':
        ++depth_;
        if (value_begins_ && c == '[') {
          in_array_ = found_ = true;
          value_begins_ = false;
          return;
        }
        value_begins_ = false;
        return keep(c);
      case ']':
      case '}':
        if (--depth_ == 1 && in_array_) {
          end_element();
          in_array_ = false;
          rest_ += "null";
          return;
        }
        return keep(c);
      case ',':
        if (depth_ == 2 && in_array_) {
          end_element();
          commas_ = true;
          return;
        }
        return keep(c);
      default:
        if (value_begins_ && c != ' ' && c != '\t' && c != '\r' && c != '\n') value_begins_ = false;
        return keep(c);
    }
  }

  void keep(char c) {
    if (in_array_) {
      if (take_) element_ += c;
      return;
    }
    rest_ += c;
    if (depth_ == 1 && (in_string_ || c == '"')) last_string_ += c;
  }

  void end_element() {
    const bool blank = element_.find_first_not_of(" \t\r\n") == std::string::npos;
    // "[]" has no element; "[1,]" has one that is no JSON.
    if (take_ && (!blank || commas_)) take_(std::move(element_));
    element_.clear();
  }

  std::string quoted_;
  std::function<void(std::string&&)> take_;
  std::string rest_, element_, last_string_;
  int depth_ = 0;
  bool in_string_ = false, escaped_ = false, value_begins_ = false;
  bool in_array_ = false, found_ = false, commas_ = false;
};

}  // namespace

Json read_json_array(const std::filesystem::path& path, std::string_view name,
                     const std::function<void(Json&&)>& take, Hasher* hasher) {
  const auto part = [&](const std::string& text) -> Json {
    try {
      return parse_json(text, path.string());
    } catch (const InputError&) {
      // Its place is one in the part; the whole says where in the file it is.
      read_json_file(path);
      throw;
    }
  };
  ArraySplitter splitter(name, take ? [&](std::string&& text) { take(part(text)); }
                                    : std::function<void(std::string &&)>());
  const InputFile file(path);
  Bytes piece(kPiece);
  for (std::uint64_t at = 0;;) {
    const std::size_t got = file.read_at(at, piece);
    if (got == 0) break;
    const ByteView bytes = ByteView(piece).first(got);
    if (hasher) hasher->update(bytes);
    splitter.feed(as_text(bytes));
    at += got;
  }
  Json document = part(splitter.rest());
  if (splitter.found()) document.erase(std::string(name));
  return document;
}

}  // namespace reelcell
