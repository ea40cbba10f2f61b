// Names in the tables of native series (native/<stream>/): their own columns, and those of the
// stream.
#pragma once

#include <algorithm>
#include <array>
#include <cctype>
#include <string>
#include <string_view>

namespace reelcell::writers {

/// In this order before the stream's columns: the episode; the row a sample belongs to, -1 for
/// none; session time [ns].
inline constexpr std::array<std::string_view, 3> kNativeColumns = {"episode_index", "frame_index",
                                                                   "time_ns"};
inline constexpr std::string_view kNativeEscape = "source.";

/// Whether a stream's column would have the name of one of the table's own, to a reader that does
/// not tell cases apart.
inline bool is_native_column(std::string_view name) {
  while (name.starts_with(kNativeEscape)) name.remove_prefix(kNativeEscape.size());
  return std::any_of(kNativeColumns.begin(), kNativeColumns.end(), [&](std::string_view own) {
    return std::equal(own.begin(), own.end(), name.begin(), name.end(), [](char a, char b) {
      return a == static_cast<char>(std::tolower(static_cast<unsigned char>(b)));
    });
  });
}
/// "frame_index" of a stream -> "source.frame_index"; every other name as it is.
inline std::string native_column(std::string_view name) {
  return is_native_column(name) ? std::string(kNativeEscape).append(name) : std::string(name);
}
/// The stream's own name again.
inline std::string column_of_native(std::string_view name) {
  if (name.starts_with(kNativeEscape) && is_native_column(name))
    name.remove_prefix(kNativeEscape.size());
  return std::string(name);
}

}  // namespace reelcell::writers
