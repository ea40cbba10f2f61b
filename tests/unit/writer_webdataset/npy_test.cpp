#include <gtest/gtest.h>

#include <bit>
#include <cstring>

#include "../../../lib/src/writers/webdataset/internal/npy_reader.hpp"
#include "../../../lib/src/writers/webdataset/internal/npy_writer.hpp"
#include "reelcell/base/error.hpp"

namespace reelcell::test {
namespace {

using webdataset::read_npy;

Column column(DType type, std::size_t width, ColumnData data) {
  ColumnSpec spec;
  spec.name = "x";
  spec.dtype = type;
  spec.width = width;
  return {spec, std::move(data)};
}

/// Header text in the place of a good one.
Bytes with_header(const std::string& text, std::size_t data_bytes) {
  std::string bytes("\x93NUMPY\x01\x00", 8);
  bytes += static_cast<char>(text.size() & 0xff);
  bytes += static_cast<char>(text.size() >> 8);
  bytes += text + std::string(data_bytes, '\0');
  return {bytes.begin(), bytes.end()};
}

TEST(Npy, DataBeginsAtAMultipleOf64) {
  for (std::size_t width = 1; width < 200; width += 7) {
    const Column values = column(DType::kFloat32, width, std::vector<double>(width * 2, 1.5));
    const Bytes npy = webdataset::npy_of_column(values, false);
    const auto info = read_npy(npy);
    EXPECT_EQ((npy.size() - info.data.size()) % 64, 0u);
    EXPECT_EQ(info.type, "<f4");
    EXPECT_EQ(info.shape, (std::vector<std::uint64_t>{2, width}));
    float value = 0;
    std::memcpy(&value, info.data.data(), 4);
    EXPECT_EQ(value, 1.5f);
  }
}

TEST(Npy, KeepsEveryIntegerType) {
  for (const DType type : {DType::kInt8, DType::kInt16, DType::kInt32, DType::kInt64, DType::kUInt8,
                           DType::kUInt16, DType::kUInt32, DType::kUInt64, DType::kBool}) {
    const Column values = column(type, 1, std::vector<std::int64_t>{0, 1, 100});
    const Bytes npy = webdataset::npy_of_column(values, true);
    const auto info = read_npy(npy);
    EXPECT_EQ(info.shape, std::vector<std::uint64_t>{3});
    const std::uint8_t last = info.data[2 * info.data.size() / 3];
    EXPECT_EQ(last, type == DType::kBool ? 1 : 100) << to_string(type);
  }
}

TEST(Npy, WritesTextAsFixedWidthUnicode) {
  const Column values =
      column(DType::kString, 1,
             std::vector<std::string>{"ab", "\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80", "\xFF"});
  const Bytes npy = webdataset::npy_of_column(values, true);
  const auto info = read_npy(npy);
  EXPECT_EQ(info.type, "<U3");
  std::uint32_t points[9];
  ASSERT_EQ(info.data.size(), sizeof points);
  std::memcpy(points, info.data.data(), sizeof points);
  EXPECT_EQ(std::vector<std::uint32_t>(points, points + 9),
            (std::vector<std::uint32_t>{'a', 'b', 0, 0xE4, 0x20AC, 0x1F600, 0xFFFD, 0, 0}));
}

TEST(Npy, ReaderRefusesWhatNumpyWould) {
  for (const char* header :
       {"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }",
        "{'descr': '<f4', 'fortran_order': maybe, 'shape': (2,), }",
        "{'descr': '<f4', 'fortran_order': False}", "{'descr': '<f4', 'shape': (2,), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (9999999999999, 9999999999999), }",
        "{'descr': '<q', 'fortran_order': False, 'shape': (2,), }", "", "{", "{'descr': [('a',",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (-2,), }"})
    EXPECT_THROW(read_npy(with_header(header, 8)), InputError) << header;
  EXPECT_NO_THROW(
      read_npy(with_header("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }\n", 8)));
  EXPECT_NO_THROW(read_npy(with_header(
      "{'descr': [('a', '<f4'), ('b', '<i4')], 'fortran_order': False, 'shape': (1,)}", 8)));
  const Bytes cut = with_header("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", 8);
  for (std::size_t length = 0; length < cut.size(); ++length)
    EXPECT_THROW(read_npy(ByteView(cut).first(length)), InputError) << length;
}

}  // namespace
}  // namespace reelcell::test
