#include "internal/xml.hpp"

#include <libxml/parser.h>
#include <libxml/tree.h>

#include <charconv>
#include <climits>

#include "reelcell/base/error.hpp"

namespace reelcell::labelio {
namespace {
const xmlNode* node_of(const void* node) { return static_cast<const xmlNode*>(node); }
std::string owned(xmlChar* text) {
  const std::string copy = text ? reinterpret_cast<const char*>(text) : "";
  xmlFree(text);
  return copy;
}
const xmlChar* as_xml(const char* text) { return reinterpret_cast<const xmlChar*>(text); }
}  // namespace

XmlDocument::XmlDocument(std::string_view text, std::string where) : where_(std::move(where)) {
  if (text.size() > INT_MAX) throw InputError(where_, "is larger than 2 GiB");
  xmlParserCtxt* const context = xmlNewParserCtxt();
  if (!context) throw std::bad_alloc();
  document_ = xmlCtxtReadMemory(context, text.data(), static_cast<int>(text.size()), nullptr,
                                nullptr, XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
  std::string why = "is no XML";
  const xmlError* const error = xmlCtxtGetLastError(context);
  if (!document_ && error && error->message) {
    why += ": line " + std::to_string(error->line) + ": " + error->message;
    while (!why.empty() && (why.back() == '\n' || why.back() == ' ')) why.pop_back();
  }
  xmlFreeParserCtxt(context);
  if (!document_ || !xmlDocGetRootElement(static_cast<xmlDoc*>(document_))) {
    if (document_) xmlFreeDoc(static_cast<xmlDoc*>(document_));
    throw InputError(where_, why);
  }
}
XmlDocument::~XmlDocument() { xmlFreeDoc(static_cast<xmlDoc*>(document_)); }
XmlElement XmlDocument::root() const {
  return {xmlDocGetRootElement(static_cast<xmlDoc*>(document_)), where_};
}

std::string XmlElement::name() const { return reinterpret_cast<const char*>(node_of(node_)->name); }
std::string XmlElement::text() const { return owned(xmlNodeGetContent(node_of(node_))); }
std::optional<std::string> XmlElement::find(const char* attribute) const {
  xmlChar* const value = xmlGetProp(node_of(node_), as_xml(attribute));
  if (!value) return std::nullopt;
  return owned(value);
}
std::string XmlElement::attribute(const char* name) const {
  if (auto value = find(name)) return *value;
  throw InputError(where_, place() + ": <" + this->name() + "> has no attribute '" + name + "'");
}
std::int64_t XmlElement::integer(const char* name) const {
  const std::string text = attribute(name);
  std::int64_t value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || stop != text.data() + text.size())
    throw InputError(where_,
                     place() + ": '" + name + "' is '" + text + "', expected a whole number");
  return value;
}
std::vector<XmlElement> XmlElement::children(const char* name) const {
  std::vector<XmlElement> found;
  for (const xmlNode* child = node_of(node_)->children; child; child = child->next)
    if (child->type == XML_ELEMENT_NODE && xmlStrEqual(child->name, as_xml(name)))
      found.emplace_back(child, where_);
  return found;
}
std::optional<XmlElement> XmlElement::child(const char* name) const {
  for (const xmlNode* child = node_of(node_)->children; child; child = child->next)
    if (child->type == XML_ELEMENT_NODE && xmlStrEqual(child->name, as_xml(name)))
      return XmlElement(child, where_);
  return std::nullopt;
}
std::optional<XmlElement> XmlElement::path(std::initializer_list<const char*> names) const {
  std::optional<XmlElement> at = *this;
  for (const char* name : names) {
    at = at->child(name);
    if (!at) return std::nullopt;
  }
  return at;
}
std::string XmlElement::place() const {
  return "line " + std::to_string(xmlGetLineNo(node_of(node_)));
}

}  // namespace reelcell::labelio
