#include "reelcell/writers/registry.hpp"

#include "reelcell/base/error.hpp"

namespace reelcell::writers {

const WriterRow& writer_named(std::string_view name) {
  std::vector<std::string> names;
  for (const WriterRow* row : all_writers()) {
    if (row->name == name) return *row;
    names.push_back(row->name);
  }
  throw InputError(unknown_name("output format", name, names));
}

const WriterRow* recognise(const fs::path& folder) {
  const WriterRow* best = nullptr;
  int best_score = 0;
  for (const WriterRow* row : all_writers()) {
    const int score = row->recognise ? row->recognise(folder) : 0;
    if (score > best_score) {
      best = row;
      best_score = score;
    }
  }
  return best;
}

}  // namespace reelcell::writers
