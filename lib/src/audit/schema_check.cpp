// The only unit that includes valijson: it takes long to compile.
#include "reelcell/audit/schema_check.hpp"

#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include "reelcell/base/error.hpp"

namespace reelcell::audit {
namespace {

/// valijson speaks of "<root>[a][3][b]"; people and editors of "/a/3/b".
std::string pointer_of(const valijson::ValidationResults::Error& error) {
  std::string pointer;
  for (const std::string& step : error.context) {
    if (step == "<root>") continue;
    std::string name = step;
    if (name.size() >= 2 && name.front() == '[' && name.back() == ']')
      name = name.substr(1, name.size() - 2);
    pointer += "/" + name;
  }
  return pointer.empty() ? "/" : pointer;
}

}  // namespace

bool check_schema(const Json& schema, const Json& document, const std::string& path,
                  Findings& findings) {
  // The adapter is written for the plain json type.
  const nlohmann::json plain_schema = schema;
  const nlohmann::json plain_document = document;
  valijson::Schema compiled;
  valijson::ValidationResults results;
  try {
    valijson::SchemaParser parser(valijson::SchemaParser::kDraft7);
    const valijson::adapters::NlohmannJsonAdapter schema_adapter(plain_schema);
    parser.populateSchema(schema_adapter, compiled);
    valijson::Validator validator;
    const valijson::adapters::NlohmannJsonAdapter document_adapter(plain_document);
    if (validator.validate(compiled, document_adapter, &results)) return true;
  } catch (const std::exception& error) {
    throw InputError(path, std::string("the schema cannot be used: ") + error.what());
  }
  valijson::ValidationResults::Error error;
  // The innermost errors come first and say most; the chain of "failed to validate" above them says
  // nothing new.
  std::size_t told = 0;
  while (results.popError(error) && told < 20) {
    if (told > 0 && error.description.find("Failed to validate against schema associated with") !=
                        std::string::npos)
      continue;
    findings.error("DOC-SCHEMA", path, pointer_of(error), error.description);
    ++told;
  }
  return false;
}

}  // namespace reelcell::audit
