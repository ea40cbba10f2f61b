#include "reelcell/curate/registry.hpp"

#include "reelcell/base/error.hpp"

namespace reelcell::curate {

const GateRow& gate_named(std::string_view name) {
  std::vector<std::string> names;
  for (const GateRow* row : all_gates()) {
    if (row->name == name) return *row;
    names.push_back(row->name);
  }
  throw InputError(unknown_name("gate", name, names));
}

void check_gate(const GateRow& row, const OptionValues& options, SessionSignals& signals) {
  Segment nothing;
  nothing.range = {signals.extent().start, signals.extent().start};
  row.run(options, nothing, signals);
}

}  // namespace reelcell::curate
