#include "reelcell/base/link_file.hpp"

#include "reelcell/base/error.hpp"

namespace reelcell {

void link_file(const fs::path& from, const fs::path& to) {
  std::error_code error;
  const fs::path source = fs::canonical(from, error);
  if (error) throw InputError(from.string(), "cannot be read: " + errno_text(error.value()));
  AtomicPath target(to);
  fs::remove(target.temp_path(), error);
  fs::create_hard_link(source, target.temp_path(), error);
  if (error) fs::copy_file(source, target.temp_path(), error);
  if (error)
    throw OutputError(to.string(), "cannot be linked or copied: " + errno_text(error.value()));
  target.commit();
}

}  // namespace reelcell
