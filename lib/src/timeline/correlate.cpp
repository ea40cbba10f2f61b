#include "reelcell/timeline/correlate.hpp"

#include <kissfft/kiss_fftr.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <memory>
#include <new>

namespace reelcell::timeline {
namespace {

using Spectrum = std::vector<kiss_fft_cpx>;

struct FreeConfig {
  void operator()(kiss_fftr_state* config) const { kiss_fftr_free(config); }
};

/// Real transforms of one length, both ways.
class Fft {
 public:
  explicit Fft(std::size_t least)
      : size_(static_cast<std::size_t>(kiss_fftr_next_fast_size_real(static_cast<int>(least)))),
        forward_(kiss_fftr_alloc(static_cast<int>(size_), 0, nullptr, nullptr)),
        inverse_(kiss_fftr_alloc(static_cast<int>(size_), 1, nullptr, nullptr)) {
    if (!forward_ || !inverse_) throw std::bad_alloc();
  }
  std::size_t size() const { return size_; }
  Spectrum forward(std::span<const float> values) const {
    std::vector<float> padded(size_, 0.0f);
    std::copy(values.begin(), values.end(), padded.begin());
    Spectrum out(size_ / 2 + 1);
    kiss_fftr(forward_.get(), padded.data(), out.data());
    return out;
  }
  std::vector<float> inverse(const Spectrum& spectrum) const {
    std::vector<float> out(size_);
    kiss_fftri(inverse_.get(), spectrum.data(), out.data());
    for (float& value : out) value /= static_cast<float>(size_);
    return out;
  }

 private:
  std::size_t size_;
  std::unique_ptr<kiss_fftr_state, FreeConfig> forward_, inverse_;
};

/// conj(a) * b: its inverse transform is sum over i of a[i] b[i + k].
Spectrum cross(const Spectrum& a, const Spectrum& b) {
  Spectrum out(a.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    out[i].r = a[i].r * b[i].r + a[i].i * b[i].i;
    out[i].i = a[i].r * b[i].i - a[i].i * b[i].r;
  }
  return out;
}

struct Scaled {
  std::vector<float> value, square, mask;
};

/// Mean 0 and spread 1 over what counts, 0 elsewhere: then float transforms keep enough digits.
Scaled scaled(const MaskedSamples& in) {
  double sum = 0, squares = 0, count = 0;
  for (std::size_t i = 0; i < in.size(); ++i) {
    const double v = in.value[i], m = in.mask[i];
    sum += m * v;
    count += m;
  }
  const double mean = count > 0 ? sum / count : 0;
  for (std::size_t i = 0; i < in.size(); ++i)
    squares += in.mask[i] * (in.value[i] - mean) * (in.value[i] - mean);
  const double spread = count > 0 ? std::sqrt(squares / count) : 0;
  Scaled out;
  out.value.resize(in.size());
  out.square.resize(in.size());
  out.mask = in.mask;
  for (std::size_t i = 0; i < in.size(); ++i) {
    const double v = spread > 0 ? in.mask[i] * (in.value[i] - mean) / spread : 0;
    out.value[i] = static_cast<float>(v);
    out.square[i] = static_cast<float>(v * v);
  }
  return out;
}

/// Cut to the part of `in` that the lags can reach, so that a short stretch is not padded to hours.
MaskedSamples reach(const MaskedSamples& in, std::ptrdiff_t first, std::ptrdiff_t last) {
  const auto clamp = [&](std::ptrdiff_t at) {
    return std::clamp<std::ptrdiff_t>(at, 0, static_cast<std::ptrdiff_t>(in.size()));
  };
  const std::ptrdiff_t from = clamp(first), to = std::max(clamp(last), from);
  MaskedSamples out;
  out.value.assign(in.value.begin() + from, in.value.begin() + to);
  out.mask.assign(in.mask.begin() + from, in.mask.begin() + to);
  return out;
}

float pearson(double n, double a, double b, double aa, double bb, double ab, double least) {
  if (n < least || n < 2) return 0;
  const double va = aa - a * a / n, vb = bb - b * b / n;
  // Below 1e-4 of the whole signal's variance a side stands still, and r would be noise over noise.
  if (va < 1e-4 * n || vb < 1e-4 * n) return 0;
  return static_cast<float>(std::clamp((ab - a * b / n) / std::sqrt(va * vb), -1.0, 1.0));
}

}  // namespace

Correlation correlate(const MaskedSamples& a, const MaskedSamples& b_whole,
                      std::ptrdiff_t first_lag, std::size_t lags, std::size_t least_pairs) {
  Correlation out{first_lag, std::vector<float>(lags, 0.0f), std::vector<float>(lags, 0.0f)};
  if (a.size() == 0 || b_whole.size() == 0 || lags == 0) return out;
  const std::ptrdiff_t start = std::max<std::ptrdiff_t>(first_lag, 0);
  const MaskedSamples b =
      reach(b_whole, start,
            first_lag + static_cast<std::ptrdiff_t>(lags) + static_cast<std::ptrdiff_t>(a.size()));
  if (b.size() == 0) return out;
  const Fft fft(a.size() + b.size());
  const Scaled x = scaled(a), y = scaled(b);
  const Spectrum xv = fft.forward(x.value), xs = fft.forward(x.square), xm = fft.forward(x.mask);
  const Spectrum yv = fft.forward(y.value), ys = fft.forward(y.square), ym = fft.forward(y.mask);
  const auto n = fft.inverse(cross(xm, ym)), sa = fft.inverse(cross(xv, ym)),
             sb = fft.inverse(cross(xm, yv)), saa = fft.inverse(cross(xs, ym)),
             sbb = fft.inverse(cross(xm, ys)), sab = fft.inverse(cross(xv, yv));
  const auto size = static_cast<std::ptrdiff_t>(fft.size());
  for (std::size_t i = 0; i < lags; ++i) {
    const std::ptrdiff_t lag = first_lag + static_cast<std::ptrdiff_t>(i) - start;
    if (lag <= -static_cast<std::ptrdiff_t>(a.size()) ||
        lag >= static_cast<std::ptrdiff_t>(b.size()))
      continue;
    const auto at = static_cast<std::size_t>((lag + size) % size);
    out.pairs[i] = std::max(0.0f, n[at]);
    out.r[i] =
        pearson(n[at], sa[at], sb[at], saa[at], sbb[at], sab[at], static_cast<double>(least_pairs));
  }
  return out;
}

Correlation correlate_directly(const MaskedSamples& a, const MaskedSamples& b,
                               std::ptrdiff_t first_lag, std::size_t lags,
                               std::size_t least_pairs) {
  Correlation out{first_lag, std::vector<float>(lags, 0.0f), std::vector<float>(lags, 0.0f)};
  const Scaled x = scaled(a), y = scaled(b);
  for (std::size_t i = 0; i < lags; ++i) {
    const std::ptrdiff_t lag = first_lag + static_cast<std::ptrdiff_t>(i);
    double n = 0, sa = 0, sb = 0, saa = 0, sbb = 0, sab = 0;
    for (std::size_t j = 0; j < a.size(); ++j) {
      const std::ptrdiff_t at = static_cast<std::ptrdiff_t>(j) + lag;
      if (at < 0 || at >= static_cast<std::ptrdiff_t>(b.size())) continue;
      const auto k = static_cast<std::size_t>(at);
      const double both = x.mask[j] * y.mask[k];
      n += both;
      sa += both * x.value[j];
      sb += both * y.value[k];
      saa += both * x.square[j];
      sbb += both * y.square[k];
      sab += both * x.value[j] * y.value[k];
    }
    out.pairs[i] = static_cast<float>(n);
    out.r[i] = pearson(n, sa, sb, saa, sbb, sab, static_cast<double>(least_pairs));
  }
  return out;
}

Correlation correlate_phat(const MaskedSamples& a, const MaskedSamples& b, std::ptrdiff_t first_lag,
                           std::size_t lags, std::size_t least_pairs, double rho) {
  Correlation out{first_lag, std::vector<float>(lags, 0.0f), std::vector<float>(lags, 0.0f)};
  if (a.size() == 0 || b.size() == 0 || lags == 0) return out;
  const Fft fft(a.size() + b.size());
  const Scaled x = scaled(a), y = scaled(b);
  const Spectrum xm = fft.forward(x.mask), ym = fft.forward(y.mask);
  const auto pairs = fft.inverse(cross(xm, ym));
  Spectrum spectrum = cross(fft.forward(x.value), fft.forward(y.value));
  double total = 0, strongest = 0;
  for (const auto& bin : spectrum)
    strongest = std::max(strongest, static_cast<double>(std::hypot(bin.r, bin.i)));
  const double eps = 1e-6 * std::pow(std::max(strongest, 1e-30), rho);
  for (std::size_t i = 0; i < spectrum.size(); ++i) {
    const double size = std::hypot(spectrum[i].r, spectrum[i].i);
    const double weight = 1 / (std::pow(size, rho) + eps);
    spectrum[i].r = static_cast<float>(spectrum[i].r * weight);
    spectrum[i].i = static_cast<float>(spectrum[i].i * weight);
    const bool twice = i > 0 && 2 * i != fft.size();  // the mirrored half
    total += (twice ? 2 : 1) * size * weight;
  }
  if (!(total > 0)) return out;
  const auto curve = fft.inverse(spectrum);
  const double scale = static_cast<double>(fft.size()) / total;
  const auto size = static_cast<std::ptrdiff_t>(fft.size());
  for (std::size_t i = 0; i < lags; ++i) {
    const std::ptrdiff_t lag = first_lag + static_cast<std::ptrdiff_t>(i);
    if (lag <= -static_cast<std::ptrdiff_t>(a.size()) ||
        lag >= static_cast<std::ptrdiff_t>(b.size()))
      continue;
    const auto at = static_cast<std::size_t>((lag + size) % size);
    out.pairs[i] = std::max(0.0f, pairs[at]);
    if (pairs[at] >= static_cast<float>(least_pairs))
      out.r[i] = static_cast<float>(curve[at] * scale);
  }
  return out;
}

}  // namespace reelcell::timeline
