// Values to bytes and back, for files that the same program version reads again (spool, plans).
//
// One function `fields(archive, value)` a type names its parts once and serves both directions.
// Numbers are little-endian as in memory; every length is checked against what is left before
// anything is allocated, and a file that ends early throws InputError.
#pragma once

#include <chrono>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "reelcell/base/error.hpp"
#include "reelcell/base/file.hpp"
#include "reelcell/base/json.hpp"

namespace reelcell::pipeline {

template <class T>
concept PlainNumber = std::is_arithmetic_v<T> || std::is_enum_v<T>;

class Encoder {
 public:
  static constexpr bool kReading = false;
  template <class... T>
  void operator()(T&... values) {
    (put(values), ...);
  }
  Bytes take() { return std::move(out_); }

 private:
  void raw(const void* data, std::size_t bytes) {
    const auto* first = static_cast<const std::uint8_t*>(data);
    out_.insert(out_.end(), first, first + bytes);
  }
  void count(std::size_t n) {
    const std::uint64_t value = n;
    raw(&value, sizeof value);
  }
  template <PlainNumber T>
  void put(T& value) {
    raw(&value, sizeof value);
  }
  void put(std::string& text) {
    count(text.size());
    raw(text.data(), text.size());
  }
  void put(std::monostate&) {}
  void put(Json& json) {
    Bytes cbor;
    Json::to_cbor(json, cbor);
    put(cbor);
  }
  template <class Clock, class Duration>
  void put(std::chrono::time_point<Clock, Duration>& time) {
    auto count = time.time_since_epoch().count();
    put(count);
  }
  template <class Rep, class Period>
  void put(std::chrono::duration<Rep, Period>& length) {
    auto count = length.count();
    put(count);
  }
  template <class T>
  void put(std::vector<T>& values) {
    count(values.size());
    if constexpr (PlainNumber<T>)
      raw(values.data(), values.size() * sizeof(T));
    else
      for (T& value : values) put(value);
  }
  template <class T>
  void put(std::optional<T>& value) {
    bool has = value.has_value();
    put(has);
    if (has) put(*value);
  }
  template <class A, class B>
  void put(std::pair<A, B>& value) {
    put(value.first);
    put(value.second);
  }
  template <class... T>
  void put(std::variant<T...>& value) {
    auto index = static_cast<std::uint8_t>(value.index());
    put(index);
    std::visit([this](auto& held) { this->put(held); }, value);
  }
  void put(std::shared_ptr<const Bytes>& bytes) {
    count(bytes ? bytes->size() : 0);
    if (bytes) raw(bytes->data(), bytes->size());
  }
  template <class T>
  requires std::is_class_v<T>
  void put(T& value) { fields(*this, value); }
  Bytes out_;
};

class Decoder {
 public:
  static constexpr bool kReading = true;
  explicit Decoder(ByteView in) : in_(in) {}
  template <class... T>
  void operator()(T&... values) {
    (get(values), ...);
  }
  bool at_end() const { return in_.empty(); }

 private:
  ByteView raw(std::size_t bytes) {
    if (bytes > in_.size()) throw InputError("the stored result ends early");
    const ByteView part = in_.first(bytes);
    in_ = in_.subspan(bytes);
    return part;
  }
  /// A count of elements of at least `least` bytes each.
  std::size_t count(std::size_t least) {
    std::uint64_t value = 0;
    get(value);
    if (value > in_.size() / (least ? least : 1))
      throw InputError("the stored result has a length beyond its end");
    return static_cast<std::size_t>(value);
  }
  template <PlainNumber T>
  void get(T& value) {
    std::memcpy(&value, raw(sizeof value).data(), sizeof value);
  }
  void get(bool& value) { value = raw(1)[0] != 0; }
  void get(std::string& text) { text = as_text(raw(count(1))); }
  void get(std::monostate&) {}
  void get(Json& json) {
    const ByteView cbor = raw(count(1));
    json = Json::from_cbor(cbor.begin(), cbor.end(), true, false);
    if (json.is_discarded()) throw InputError("the stored result holds a damaged document");
  }
  template <class Clock, class Duration>
  void get(std::chrono::time_point<Clock, Duration>& time) {
    typename Duration::rep count{};
    get(count);
    time = std::chrono::time_point<Clock, Duration>(Duration(count));
  }
  template <class Rep, class Period>
  void get(std::chrono::duration<Rep, Period>& length) {
    Rep count{};
    get(count);
    length = std::chrono::duration<Rep, Period>(count);
  }
  template <class T>
  void get(std::vector<T>& values) {
    if constexpr (PlainNumber<T>) {
      values.resize(count(sizeof(T)));
      const ByteView bytes = raw(values.size() * sizeof(T));
      if (!bytes.empty()) std::memcpy(values.data(), bytes.data(), bytes.size());
    } else {
      const std::size_t n = count(1);
      values.clear();
      values.reserve(n);
      for (std::size_t i = 0; i < n; ++i) get(values.emplace_back());
    }
  }
  template <class T>
  void get(std::optional<T>& value) {
    bool has = false;
    get(has);
    value.reset();
    if (has) get(value.emplace());
  }
  template <class A, class B>
  void get(std::pair<A, B>& value) {
    get(value.first);
    get(value.second);
  }
  template <class... T>
  void get(std::variant<T...>& value) {
    std::uint8_t index = 0;
    get(index);
    get_alternative<0>(value, index);
  }
  template <std::size_t I, class... T>
  void get_alternative(std::variant<T...>& value, std::uint8_t index) {
    if constexpr (I < sizeof...(T)) {
      if (index == I)
        get(value.template emplace<I>());
      else
        get_alternative<I + 1>(value, index);
    } else {
      throw InputError("the stored result holds a value of an unknown kind");
    }
  }
  void get(std::shared_ptr<const Bytes>& bytes) {
    const ByteView part = raw(count(1));
    bytes = std::make_shared<const Bytes>(part.begin(), part.end());
  }
  template <class T>
  requires std::is_class_v<T>
  void get(T& value) { fields(*this, value); }
  ByteView in_;
};

}  // namespace reelcell::pipeline
