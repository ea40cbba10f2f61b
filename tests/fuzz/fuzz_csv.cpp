// Any bytes as a CSV log: read as series and as events; both must keep the same lines.
#include "log_fuzz.hpp"

namespace reelcell::readers {
const ReaderRow& csv_reader();
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using reelcell::Json;
  static const std::vector<Json> options{
      Json::object(),
      {{"group", true}, {"time_zone", "Z"}},
      {{"delimiter", ";"}, {"decimal", "comma"}, {"time_column", "#1"}, {"end_column", "#2"}},
      {{"header", "no"},
       {"columns",
        {{{"name", "n"}, {"from", {"#1", "#2"}}, {"dtype", "int16"}},
         {{"name", "s"}, {"from", "#1"}, {"dtype", "string"}}}}}};
  reelcell::fuzz::read_log(reelcell::readers::csv_reader(), options, data, size,
                           [](std::uint64_t rows, std::uint64_t events) {
                             if (rows != events) __builtin_trap();
                           });
  return 0;
}
