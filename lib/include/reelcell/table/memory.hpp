// What readers and writers of tables may take together.
#pragma once

#include <cstdint>

namespace reelcell::table {

/// Without allow_memory(), and where it is told less: a row group has to fit.
inline constexpr std::uint64_t kLeastSharedMemory = 2ull << 30;

/// Bytes that all readers and writers of this process may take; a row group that needs more fails.
/// To be called before the first of them is made: later it changes nothing. Thread-safe.
void allow_memory(std::uint64_t bytes);

}  // namespace reelcell::table
