// A document against its JSON Schema (draft-07).
#pragma once

#include <memory>
#include <string>

#include "reelcell/base/json.hpp"
#include "reelcell/model/finding.hpp"

namespace reelcell::audit {

/// One finding an error of the schema ("DOC-SCHEMA"), with the JSON pointer as its place; `path`
/// names the file. Returns whether the document fits. Throws InputError when the schema itself
/// cannot be used.
bool check_schema(const Json& schema, const Json& document, const std::string& path,
                  Findings& findings);

/// The same for many documents of one kind: the schema is compiled once. One thread at a time.
class SchemaCheck {
 public:
  explicit SchemaCheck(const Json& schema);  ///< InputError when it cannot be used
  ~SchemaCheck();
  SchemaCheck(const SchemaCheck&) = delete;
  SchemaCheck& operator=(const SchemaCheck&) = delete;
  /// `where` stands before the pointer ("key.json"), "" = nothing does.
  bool check(const Json& document, const std::string& path, const std::string& where,
             Findings& findings) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace reelcell::audit
