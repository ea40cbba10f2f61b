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

struct SchemaCheck::Impl {
  valijson::Schema schema;
};

SchemaCheck::SchemaCheck(const Json& schema) : impl_(std::make_unique<Impl>()) {
  const nlohmann::json plain = schema;  // the adapter is written for the plain json type
  try {
    valijson::SchemaParser parser(valijson::SchemaParser::kDraft7);
    parser.populateSchema(valijson::adapters::NlohmannJsonAdapter(plain), impl_->schema);
  } catch (const std::exception& error) {
    throw InputError(std::string("the schema cannot be used: ") + error.what());
  }
}
SchemaCheck::~SchemaCheck() = default;

bool SchemaCheck::check(const Json& document, const std::string& path, const std::string& where,
                        Findings& findings) const {
  const nlohmann::json plain = document;
  valijson::ValidationResults results;
  try {
    valijson::Validator validator;
    const valijson::adapters::NlohmannJsonAdapter adapter(plain);
    if (validator.validate(impl_->schema, adapter, &results)) return true;
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
    const std::string pointer = pointer_of(error);
    findings.error("DOC-SCHEMA", path, where.empty() ? pointer : where + ": " + pointer,
                   error.description);
    ++told;
  }
  return false;
}

bool check_schema(const Json& schema, const Json& document, const std::string& path,
                  Findings& findings) {
  return at_place(path, [&] { return SchemaCheck(schema).check(document, path, "", findings); });
}

}  // namespace reelcell::audit
