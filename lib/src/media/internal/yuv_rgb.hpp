// 4:2:0 to RGB without libswscale, with libswscale's own result.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "reelcell/base/file.hpp"

namespace reelcell::media {

/// What libswscale's general path does for 8-bit 4:2:0 to RGB24 of the same size (bicubic chroma,
/// SWS_ACCURATE_RND, SWS_FULL_CHR_H_INT), in vectors: some 20 times as fast. Whether the bytes are
/// the same is for the caller to prove, see scale.cpp. Not thread-safe.
class YuvToRgb {
 public:
  /// `coefficients` as of sws_getCoefficients(). nullptr where this processor or size cannot.
  static std::unique_ptr<YuvToRgb> make(int width, int height, const int* coefficients,
                                        bool full_range);
  void convert(const std::uint8_t* const planes[], const int strides[], std::uint8_t* rgb,
               std::ptrdiff_t rgb_stride);

  struct Taps {  ///< weights of the four samples from `first` on
    int first = 0;
    std::int16_t weight[4] = {};
  };
  struct Matrix {  ///< 13-bit fractions, as libswscale rounds them
    int y_offset = 0, y = 0, v_to_r = 0, v_to_g = 0, u_to_g = 0, u_to_b = 0;
  };

 private:
  YuvToRgb() = default;
  void widen(const std::uint8_t* chroma, std::int16_t* row);

  int width_ = 0, height_ = 0, chroma_width_ = 0, chroma_height_ = 0;
  std::vector<Taps> across_, down_;
  Matrix matrix_;
  std::size_t row_ = 0;             ///< samples in a widened row, with room for whole vectors
  std::vector<std::int16_t> rows_;  ///< four widened rows of U, four of V
  Bytes padded_, luma_tail_;
};

}  // namespace reelcell::media
