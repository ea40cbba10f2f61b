#include "internal/codec/json_scanner.hpp"

namespace reelcell::readers::mcap {

bool JsonScanner::number(JsonNumber* out) {
  const char c = peek();
  const char* from = at_;
  if (c == 'N' || c == 'I' || (c == '-' && at_ + 1 < end_ && at_[1] == 'I')) {
    const bool nan = literal("NaN");
    if (!nan && !literal("Infinity") && !literal("-Infinity")) return false;
    out->number = nan        ? std::numeric_limits<double>::quiet_NaN()
                  : c == '-' ? -std::numeric_limits<double>::infinity()
                             : std::numeric_limits<double>::infinity();
    out->is_integer = false;
    return true;
  }
  if (c != '-' && (c < '0' || c > '9')) return false;
  // Integers first: most numbers in logs are, and from_chars for them is many times cheaper.
  const auto whole = std::from_chars(at_, end_, out->integer);
  if (whole.ec == std::errc() &&
      (whole.ptr == end_ || (*whole.ptr != '.' && *whole.ptr != 'e' && *whole.ptr != 'E'))) {
    at_ = whole.ptr;
    out->number = static_cast<double>(out->integer);
    out->is_integer = true;
  } else {
    const auto real = std::from_chars(at_, end_, out->number);
    if (real.ec == std::errc::invalid_argument) return false;
    at_ = real.ptr;
    out->is_integer = false;
  }
  out->token = {from, static_cast<std::size_t>(at_ - from)};
  return true;
}

bool JsonScanner::skip() {
  std::size_t depth = 0;
  do {
    std::string_view raw;
    bool escaped = false;
    JsonNumber number_out;
    switch (peek()) {
      case '\0':
        return false;
      case '{':
      case '[':
        ++depth, ++at_;
        continue;
      case '}':
      case ']':
        if (depth == 0) return false;
        --depth, ++at_;
        break;
      case ',':
      case ':':
        if (depth == 0) return false;
        ++at_;
        continue;
      case '"':
        if (!string(&raw, &escaped)) return false;
        break;
      case 't':
        if (!literal("true")) return false;
        break;
      case 'f':
        if (!literal("false")) return false;
        break;
      case 'n':
        if (!literal("null")) return false;
        break;
      default:
        if (!number(&number_out)) return false;
    }
  } while (depth > 0);
  return true;
}

namespace {

bool hex4(std::string_view text, std::uint32_t* code) {
  if (text.size() < 4) return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + 4, *code, 16);
  return error == std::errc() && end == text.data() + 4;
}

void append_utf8(std::uint32_t code, std::string* out) {
  const auto put = [&](std::uint32_t byte) { out->push_back(static_cast<char>(byte)); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | code >> 6), put(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    put(0xE0 | code >> 12), put(0x80 | (code >> 6 & 0x3F)), put(0x80 | (code & 0x3F));
  } else {
    put(0xF0 | code >> 18), put(0x80 | (code >> 12 & 0x3F)), put(0x80 | (code >> 6 & 0x3F)),
        put(0x80 | (code & 0x3F));
  }
}

/// After "\u": one UTF-16 unit or a surrogate pair. Lone surrogates become U+FFFD.
bool unicode_escape(std::string_view raw, std::size_t* i, std::string* out) {
  std::uint32_t code = 0, low = 0;
  if (!hex4(raw.substr(*i), &code)) return false;
  *i += 4;
  if (code >= 0xD800 && code < 0xDC00 && raw.substr(*i).starts_with("\\u") &&
      hex4(raw.substr(*i + 2), &low) && low >= 0xDC00 && low < 0xE000) {
    code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    *i += 6;
  } else if (code >= 0xD800 && code < 0xE000) {
    code = 0xFFFD;
  }
  append_utf8(code, out);
  return true;
}

}  // namespace

bool unescape_json(std::string_view raw, std::string* out) {
  out->clear();
  for (std::size_t i = 0; i < raw.size();) {
    if (raw[i] != '\\') {
      out->push_back(raw[i++]);
      continue;
    }
    if (++i >= raw.size()) return false;
    const char c = raw[i++];
    switch (c) {
      case 'n':
        out->push_back('\n');
        break;
      case 't':
        out->push_back('\t');
        break;
      case 'r':
        out->push_back('\r');
        break;
      case 'b':
        out->push_back('\b');
        break;
      case 'f':
        out->push_back('\f');
        break;
      case '"':
      case '\\':
      case '/':
        out->push_back(c);
        break;
      case 'u':
        if (!unicode_escape(raw, &i, out)) return false;
        break;
      default:
        return false;
    }
  }
  return true;
}

}  // namespace reelcell::readers::mcap
