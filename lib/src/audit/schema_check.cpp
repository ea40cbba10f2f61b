// The only unit that includes valijson: it takes long to compile.
#include "reelcell/audit/schema_check.hpp"

#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include "internal/schema_explain.hpp"
#include "reelcell/base/error.hpp"

namespace reelcell::audit {
namespace {

/// More mistakes of one document help nobody.
constexpr std::size_t kMostTold = 20;

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
  Json source;
  valijson::Schema schema;
};

SchemaCheck::SchemaCheck(const Json& schema) : impl_(std::make_unique<Impl>()) {
  impl_->source = schema;
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
  const auto place = [&](const std::string& pointer) {
    return where.empty() ? pointer : where + ": " + pointer;
  };
  std::size_t told = 0;
  for (const Misfit& misfit : explain_misfits(impl_->source, document)) {
    if (told++ == kMostTold) return false;
    findings.error("DOC-SCHEMA", path, place(misfit.pointer), misfit.message);
  }
  if (told > 0) return false;
  // By a keyword that nobody explains: the innermost errors come first and say most; the chain of
  // "failed to validate" above them says nothing new.
  valijson::ValidationResults::Error error;
  while (results.popError(error) && told < kMostTold) {
    if (told > 0 && error.description.find("Failed to validate against schema associated with") !=
                        std::string::npos)
      continue;
    findings.error("DOC-SCHEMA", path, place(pointer_of(error)), error.description);
    ++told;
  }
  return false;
}

bool check_schema(const Json& schema, const Json& document, const std::string& path,
                  Findings& findings) {
  return at_place(path, [&] { return SchemaCheck(schema).check(document, path, "", findings); });
}

}  // namespace reelcell::audit
