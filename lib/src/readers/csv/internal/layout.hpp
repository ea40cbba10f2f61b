// What a CSV file looks like: found from its head, or stated by the options.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "reelcell/base/file.hpp"
#include "reelcell/base/options.hpp"

namespace reelcell::readers::csv {

struct Layout {
  char delimiter = ',';
  bool decimal_comma = false;
  bool has_header = true;
  std::string comment;                 ///< lines that start with it are skipped; "" = none
  std::vector<std::string> raw_names;  ///< as in the file
  std::vector<std::string> names;      ///< without units
  std::vector<std::string> units;      ///< "" = not said
  std::uint64_t data_offset = 0;       ///< byte of the first line behind the header
  std::uint64_t data_line = 1;         ///< and its number
  std::vector<std::vector<std::string>> sample;  ///< first rows of the right width, for types
  std::unordered_map<std::string, std::vector<std::size_t>> places;  ///< by raw name and by name
  std::size_t width() const { return names.size(); }
};

std::vector<OptionSpec> layout_option_specs();
/// Reads the head of the file. Throws InputError (no `where`) for an empty or binary file.
Layout detect_layout(const std::shared_ptr<const InputFile>& file, const OptionValues& options);

/// Splits by RFC 4180; quoted fields are unescaped into `scratch`, the others are views of
/// `record`. False when a quote is still open at the end.
bool split_record(std::string_view record, char delimiter, std::vector<std::string_view>& fields,
                  std::string& scratch);

}  // namespace reelcell::readers::csv
