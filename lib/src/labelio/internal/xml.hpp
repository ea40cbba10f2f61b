// A small read-only view of an XML document; the library stays behind it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace reelcell::labelio {

class XmlElement {
 public:
  XmlElement(const void* node, std::string where) : node_(node), where_(std::move(where)) {}
  std::string name() const;
  std::string text() const;  ///< of it and all below
  std::optional<std::string> find(const char* attribute) const;
  std::string attribute(const char* name) const;  ///< InputError when missing
  std::int64_t integer(const char* name) const;   ///< InputError when missing or no whole number
  std::vector<XmlElement> children(const char* name) const;
  std::optional<XmlElement> child(const char* name) const;
  /// Child of a child of ..: {"meta", "task", "size"}.
  std::optional<XmlElement> path(std::initializer_list<const char*> names) const;
  std::string place() const;  ///< "line 12"

 private:
  const void* node_;
  std::string where_;
};

/// Owns the document; elements borrow it. External entities are never loaded.
class XmlDocument {
 public:
  XmlDocument(std::string_view text, std::string where);  ///< InputError with line and reason
  ~XmlDocument();
  XmlDocument(const XmlDocument&) = delete;
  XmlDocument& operator=(const XmlDocument&) = delete;
  XmlElement root() const;

 private:
  void* document_ = nullptr;
  std::string where_;
};

}  // namespace reelcell::labelio
