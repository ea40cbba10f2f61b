#include "reelcell/base/hash.hpp"

#include <openssl/evp.h>
#include <xxhash.h>

#include <array>
#include <vector>

#include "reelcell/base/error.hpp"
#include "reelcell/base/file.hpp"

namespace reelcell {
namespace {
std::string hex(std::span<const unsigned char> bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const unsigned char byte : bytes) {
    text.push_back(kDigits[byte >> 4]);
    text.push_back(kDigits[byte & 15]);
  }
  return text;
}
}  // namespace

struct Hasher::State {
  struct XxhFree {
    void operator()(XXH3_state_t* state) const { XXH3_freeState(state); }
  };
  struct EvpFree {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };
  std::unique_ptr<XXH3_state_t, XxhFree> xxh{XXH3_createState()};
  std::unique_ptr<EVP_MD_CTX, EvpFree> sha;
  std::uint64_t bytes = 0;
};

Hasher::Hasher(Kinds kinds) : state_(std::make_unique<State>()) {
  XXH3_128bits_reset(state_->xxh.get());
  if (kinds == Kinds::kBoth) {
    state_->sha.reset(EVP_MD_CTX_new());
    EVP_DigestInit_ex(state_->sha.get(), EVP_sha256(), nullptr);
  }
}
Hasher::~Hasher() = default;
Hasher::Hasher(Hasher&&) noexcept = default;

void Hasher::update(std::span<const std::uint8_t> bytes) {
  state_->bytes += bytes.size();
  XXH3_128bits_update(state_->xxh.get(), bytes.data(), bytes.size());
  if (state_->sha) EVP_DigestUpdate(state_->sha.get(), bytes.data(), bytes.size());
}

Digests Hasher::finish() {
  Digests digests;
  digests.bytes = state_->bytes;
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(state_->xxh.get()));
  digests.xxh3_128 = hex(canonical.digest);
  if (state_->sha) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> sha{};
    unsigned int length = 0;
    EVP_DigestFinal_ex(state_->sha.get(), sha.data(), &length);
    digests.sha256 = hex(std::span(sha.data(), length));
  }
  return digests;
}

Digests hash_file(const std::filesystem::path& path, Hasher::Kinds kinds) {
  const InputFile file(path);
  Hasher hasher(kinds);
  Bytes buffer(1 << 20);
  std::uint64_t offset = 0;
  while (const std::size_t got = file.read_at(offset, buffer)) {
    hasher.update(std::span(buffer).first(got));
    offset += got;
  }
  return hasher.finish();
}

Digests hash_bytes(std::span<const std::uint8_t> bytes) {
  Hasher hasher;
  hasher.update(bytes);
  return hasher.finish();
}

std::uint64_t stable_hash(std::string_view text) { return XXH3_64bits(text.data(), text.size()); }

}  // namespace reelcell
