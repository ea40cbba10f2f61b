// Any bytes as a JSONL log. The series' scanner looks only at what it needs, so it may keep records
// that the strict parser of events refuses, never fewer.
#include "log_fuzz.hpp"

namespace reelcell::readers {
const ReaderRow& jsonl_reader();
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using reelcell::Json;
  static const std::vector<Json> options{
      Json::object(),
      {{"group", true}, {"time_zone", "Z"}, {"time_unit", "ns"}},
      {{"time_column", "t"}, {"end_column", "end"}, {"kind_column", "kind"}},
      {{"time_column", "a.b[0]"},
       {"columns",
        {{{"name", "q"}, {"from", {"q"}}, {"dtype", "int64"}},
         {{"name", "s"}, {"from", "q[1]"}, {"dtype", "string"}}}}}};
  reelcell::fuzz::read_log(reelcell::readers::jsonl_reader(), options, data, size,
                           [](std::uint64_t rows, std::uint64_t events) {
                             if (rows < events) __builtin_trap();
                           });
  return 0;
}
