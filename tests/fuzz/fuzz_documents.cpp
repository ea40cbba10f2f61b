// Any bytes as a session.json and as a recipe. Only InputError and PlanError may come out; what was
// accepted as a session must come back the same when it is written and read again.
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <string>

#include "reelcell/base/error.hpp"
#include "reelcell/pipeline/recipe.hpp"
#include "reelcell/pipeline/session.hpp"

namespace {

using namespace reelcell;

void write_plain(const fs::path& path, std::string_view text) {
  std::FILE* const file = std::fopen(path.c_str(), "wb");
  if (!file || std::fwrite(text.data(), 1, text.size(), file) != text.size()) std::abort();
  std::fclose(file);
}

void read_session(const fs::path& file) {
  const SessionDescription session = pipeline::read_session_file(file);
  const Json document = pipeline::session_to_json(session);
  write_plain(file, document.dump(-1, ' ', false, Json::error_handler_t::replace));
  if (pipeline::session_to_json(pipeline::read_session_file(file)) != document) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const fs::path folder = [] {
    fs::path made = fs::path("/dev/shm") / ("fuzz_documents." + std::to_string(::getpid()));
    fs::create_directories(made);
    return made;
  }();
  const fs::path file = folder / "session.json";
  write_plain(file, {reinterpret_cast<const char*>(data), size});
  try {
    pipeline::read_recipe({file, "", {}});
  } catch (const InputError&) {
  } catch (const PlanError&) {
  }
  try {
    read_session(file);
  } catch (const InputError&) {
  } catch (const PlanError&) {
  }
  return 0;
}
