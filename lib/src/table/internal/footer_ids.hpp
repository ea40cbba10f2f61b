// Field ids of Parquet's FileMetaData: github.com/apache/parquet-format, parquet.thrift.
#pragma once

#include <cstdint>

namespace reelcell::table {

namespace file_meta {
constexpr std::int16_t kVersion = 1, kSchema = 2, kRows = 3, kRowGroups = 4, kKeyValues = 5,
                       kCreatedBy = 6, kColumnOrders = 7;
}
constexpr std::uint64_t kMaxFooter = 1ull << 31;

}  // namespace reelcell::table
